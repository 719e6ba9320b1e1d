"""No path, user, host or secret is in any file of a store or model, nor in what a command prints."""

import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr

from helixdask.exchange.bigwig import export_bigwig
from helixdask.store.store import Store
from tests.cli.conftest import WINDOW
from tests.cli.support import done, helixdask

HERE = ["--workers", "1", "-q"]
SECRET, TOKEN, USER, HOST = "hunter2secret", "tokenfortyseven", "userofthetest", "hostofthetest"


@pytest.fixture
def somebody(monkeypatch):
    """Another user on another host."""
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, USER)


@pytest.fixture
def server(tmp_path):
    pytest.importorskip("aiohttp")
    command = [sys.executable, "-m", "tests.coverage.range_server", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://{USER}:{SECRET}@127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def texts_of(folder):
    """What is in all files below a folder: bytes, members of archives, and texts inside compressed arrays."""
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        yield str(path.relative_to(folder)), path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())
    for store in Path(folder).rglob("*.zarr"):
        for name, node in zarr.open_group(str(store), mode="r").members(max_depth=None):
            if isinstance(node, zarr.Array) and node.dtype.kind in "OTU":
                yield f"{store.name}/{name}", "\n".join(map(str, np.asarray(node[...]).ravel().tolist())).encode()


def found_in(texts, words):
    return [(name, word) for name, text in texts for word in words if word.encode() in text]


@pytest.mark.slow
def test_no_file_of_a_store_or_model(species, tiny_model, server, somebody, tmp_path):
    folder = tmp_path / "privatefolder"
    folder.mkdir()
    for file in (species.genome, species.truth, species.reads, f"{species.reads}.bai", tiny_model):
        shutil.copyfile(file, folder / Path(file).name)
    genome, truth, reads, model = (
        folder / Path(f).name for f in (species.genome, species.truth, species.reads, tiny_model)
    )
    results = tmp_path / "results"
    results.mkdir()
    store, tuned = results / "s.zarr", results / "tuned.keras"
    table, sheet, bigwig = folder / "names.tsv", folder / "sheet.tsv", folder / "bw"
    url = f"{server}/privatefolder/{reads.name}?token={TOKEN}"
    sheet.write_text(f"name\tpath\tkind\tstrandedness\nfar\t{url}\trnaseq\treverse\n")
    printed = []

    def run(*arguments):
        outcome = done(*arguments)
        printed.append((str(arguments[0]), (outcome.out + outcome.err).encode()))

    run("encode", genome, "-o", store, "--species", "simulated", *HERE)
    table.write_text("".join(f"x{name}\t{name}\n" for name in Store.open(store).contigs.names))
    codes = folder / "codes.tsv"
    codes.write_text("xchr1A\t1\n")
    run("labels", store, "--gff3", truth, "--genetic-codes", codes, "--aliases", table, *HERE)
    run("coverage", store, "--bam", reads, "--strandedness", "reverse", *HERE, "--json")
    run("coverage", store, "--libraries", sheet, "--name", "far", *HERE)
    export_bigwig(Store.open(store), bigwig, "rnaseq")
    ready = next(path for path in sorted(bigwig.iterdir()))
    run("coverage", store, "--bam", ready, "--name", "ready", *HERE)
    run("coverage", store, "--summary", "--name", "far", "--report", results / "coverage.html")
    run("track", store, "--gff3", truth, "--type", "gene", *HERE)
    run("predict", store, "--model", model, "--name", "base", *HERE)
    run("call", store, "-o", results / "genes.gff3", "--peak-threshold", "0", *HERE)
    run("select", store, "--labels", "reference", "--window-length", WINDOW, "--report", results / "select.html", *HERE)
    run("split", store, "--report", results / "split.html", *HERE)
    run("tune", store, "--model", model, "-o", tuned, "--coverage", "far", "--max-steps", "1", "-q")
    run("evaluate", store, "--reference", truth, "--report", results / "scores.html", "--tsv", results / "s.tsv", "-q")
    helixer = folder / "h.h5"
    run("export", store, "--helixer", helixer, "--window-length", "2000", "--labels", "reference", "--coverage", "far")
    run("import", helixer, "-o", results / "again.zarr", *HERE)
    run("inspect", store, "--json")
    shutil.copyfile(helixer, results / "h.h5")

    secrets = [SECRET, TOKEN]
    private = [*secrets, USER, HOST, str(tmp_path), "privatefolder", str(Path(sys.executable).parent), str(Path.cwd())]
    private += [str(Path(species.genome).parent), str(Path(tiny_model).parent)]
    assert found_in(texts_of(results), private) == []
    assert found_in(printed, secrets) == []
    assert tuned.with_suffix(".md").exists()
    assert list((store / "history").iterdir())
    assert not (store / ".work").exists() or not any(path.is_file() for path in (store / ".work").rglob("*"))
    assert Store.open(store).attrs("coverage/far/far")["path"] == reads.name


def test_errors_show_no_secret(labelled_forever, tmp_path, somebody):
    url = f"http://{USER}:{SECRET}@127.0.0.1:9/{{}}?token={TOKEN}"
    sheet = tmp_path / "sheet.tsv"
    for kind, name in (("rnaseq", "a.bam"), ("bigwig", "a.bw")):
        protocol = "reverse" if kind == "rnaseq" else ""
        sheet.write_text(f"name\tpath\tkind\tstrandedness\nfar\t{url.format(name)}\t{kind}\t{protocol}\n")
        refused = helixdask("coverage", labelled_forever, "--libraries", sheet, *HERE)
        assert refused.code in (1, 2)
        assert f"http://127.0.0.1:9/{name}" in refused.err
        assert not found_in([("", (refused.out + refused.err).encode())], [SECRET, TOKEN])
    refused = helixdask("inspect", f"https://{USER}:{SECRET}@127.0.0.1:9/s.zarr?token={TOKEN}")
    assert refused.code in (1, 2)
    assert not found_in([("", (refused.out + refused.err).encode())], [SECRET, TOKEN])
