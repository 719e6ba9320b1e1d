"""Inputs are known by what they hold: touched, copied, in another folder, of another user."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import WINDOW
from tests.cli.support import contents, done, helixdask

HERE = ["--workers", "1", "-q"]


def inputs(species, folder):
    """Copies of all inputs."""
    folder.mkdir()
    files = [species.genome, species.truth, species.reads, species.libraries, Path(f"{species.reads}.bai")]
    for file in files:
        shutil.copyfile(file, folder / Path(file).name)
    return [folder / Path(file).name for file in files[:3]]


def commands(store, genome, truth, reads):
    common = ["--species", "simulated", *HERE]
    yield ["encode", genome, "-o", store, *common]
    yield ["labels", store, "--gff3", truth, *HERE]
    yield ["coverage", store, "--bam", reads, "--strandedness", "reverse", *HERE]
    yield ["track", store, "--gff3", truth, "--type", "gene", *HERE]
    yield ["select", store, "--window-length", WINDOW, *HERE]
    yield ["split", store, *HERE]


def run(store, files):
    """States of all stages."""
    return [stage["state"] for command in commands(store, *files) for stage in done(*command, "--json").json()]


def without_history(store):
    return {name: digest for name, digest in contents(store).items() if not name.startswith("history")}


@pytest.mark.slow
def test_touched_copied_elsewhere_and_by_another_user(species, tmp_path, monkeypatch):
    files, store = inputs(species, tmp_path / "in"), tmp_path / "s.zarr"
    assert set(run(store, files)) == {"done"}
    made = contents(store)
    for file in files:
        os.utime(file, (1, 1))
    assert set(run(store, files)) == {"already there"}
    genome, truth, reads = inputs(species, tmp_path / "copies")
    renamed = [file.rename(file.with_name(f"renamed.{file.name}")) for file in (genome, truth)]
    assert set(run(store, [*renamed, reads])) == {"already there"}
    assert contents(store) == made
    # A library is named after its file: the same reads under another name are refused.
    again = shutil.copyfile(reads, reads.with_name("again.bam"))
    refused = helixdask("coverage", store, "--bam", again, "--strandedness", "reverse", *HERE)
    assert "already, as library `reads`" in refused.err

    monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "somebody-else")
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.parent.mkdir()
    other = elsewhere / "other.zarr"
    moved = inputs(species, elsewhere)
    monkeypatch.chdir(elsewhere)
    assert set(run("other.zarr", [file.name for file in moved])) == {"done"}
    assert without_history(other) == {name: digest for name, digest in made.items() if not name.startswith("history")}


@pytest.mark.slow
def test_a_file_that_did_change_is_named_with_both_values(species, tmp_path):
    (genome, truth, reads), store = inputs(species, tmp_path / "in"), tmp_path / "s.zarr"
    run(store, (genome, truth, reads))
    truth.write_text(truth.read_text() + "# changed\n")
    refused = helixdask("labels", store, "--gff3", truth, *HERE)
    assert refused.code == 2
    assert f"gff was {truth.name} (" in refused.err
    assert f"and is {truth.name} ({truth.stat().st_size:,} bytes, SHA-256 " in refused.err
    refused = helixdask("split", store, "--val-fraction", "0.5", *HERE)
    assert refused.code == 2
    assert "val_fraction was 0.2 and is 0.5" in refused.err


def test_the_case_of_a_touched_annotation(shared, tmp_path):
    folder, store = shared / "data" / "cases" / "touched_input", tmp_path / "s.zarr"
    genome, gff3 = (shutil.copyfile(folder / name, tmp_path / name) for name in ("g.fa", "a.gff3"))
    done("encode", genome, "-o", store, *HERE)
    labels = ["labels", store, "--gff3", gff3, *HERE]
    done(*labels)
    before = contents(store)
    for touch in (lambda: os.utime(gff3), lambda: shutil.copyfile(folder / "a.gff3", gff3)):
        touch()
        assert [stage["state"] for stage in done(*labels, "--json").json()] == ["already there"] * 2
        assert contents(store) == before
