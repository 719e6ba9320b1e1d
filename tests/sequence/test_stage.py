"""The encode stage from the file to the published group."""

import gzip
import hashlib
import os
import re
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pysam
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Work
from helixdask.errors import BadInputError
from helixdask.sequence import stage as stage_module
from helixdask.sequence.codes import text_to_codes
from helixdask.sequence.composition import count_kinds
from helixdask.sequence.stage import EncodeStage
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage

HERE = RunOptions(workers=1, quiet=True)


def random_dna(length, seed=0, letters=b"ACGTacgtN"):
    rng = np.random.default_rng(seed)
    return np.frombuffer(letters, np.uint8)[rng.integers(0, len(letters), length)].tobytes().decode()


@pytest.fixture
def genome(tmp_path):
    """Three contigs over several shards, and their text."""
    contigs = {"a": random_dna(150_000, 1), "b": "N" * 70_000, "c": random_dna(33_333, 2)}
    path = tmp_path / "g.fa"
    path.write_text("".join(f">{name} title\n{sequence}\n" for name, sequence in contigs.items()))
    return path, contigs


def tree(folder):
    """Every object of a store but its history, by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if path.relative_to(folder).parts[0] != "history"
    }


@pytest.mark.parametrize("kind", ["plain", "gzip", "bgzip"])
def test_whole_stage(tmp_path, genome, kind):
    path, contigs = genome
    text = "".join(contigs.values())
    if kind == "gzip":
        path = tmp_path / "g.fa.gz"
        path.write_bytes(gzip.compress((tmp_path / "g.fa").read_bytes()))
    if kind == "bgzip":
        pysam.tabix_compress(str(path), str(tmp_path / "g.fa.gz"))
        path = tmp_path / "g.fa.gz"
    url = str(tmp_path / "s.zarr")
    summary = run_stage(EncodeStage(str(path), "Genus species"), url, HERE)
    store = Store.open(url)
    assert store.species == "Genus species"
    assert store.contigs.names.tolist() == ["a", "b", "c"]
    assert np.array_equal(store.read("genome/sequence", 0, len(text)), text_to_codes(text))
    table = store.table("genome")
    assert table["contig_offset"].tolist() == [0, 150_000, 220_000]
    for row, sequence in zip(table["contig_md5"], contigs.values(), strict=True):
        assert row.tobytes() == hashlib.md5(sequence.upper().encode(), usedforsecurity=False).digest()
    bases = summary.attrs["bases"]
    assert bases["n"] == text.upper().count("N")
    assert bases["gc"] == text.upper().count("G") + text.upper().count("C")
    assert bases["soft_masked"] == sum(letter.islower() for letter in text)
    assert bases["gc"] + bases["at"] + bases["n"] + bases["ambiguous"] == len(text)
    assert summary.attrs["replaced_letters"] == {}
    assert run_stage(EncodeStage(str(path), "Genus species"), url, HERE).state == "already there"


def test_resume_does_not_scan_again_and_gives_the_same_store(tmp_path, genome, monkeypatch):
    path, _ = genome
    monkeypatch.setattr(EncodeStage, "bases_per_task", 1 << 16)
    # One name, one place: attributes hold neither paths nor times, so that two runs can be compared to the byte.
    url = tmp_path / "s.zarr"
    run_stage(EncodeStage(str(path), "x"), str(url), HERE)
    whole = tree(url)
    url.rename(tmp_path / "first.zarr")

    scans = []
    scan = stage_module.scan
    monkeypatch.setattr(stage_module, "scan", lambda *args, **more: scans.append(args) or scan(*args, **more))
    run = EncodeStage.run
    with monkeypatch.context() as patch:

        def stop_in_the_middle(self, store, region, work):
            if region.index == 2:
                raise KeyboardInterrupt
            return run(self, store, region, work)

        patch.setattr(EncodeStage, "run", stop_in_the_middle)
        with pytest.raises(KeyboardInterrupt):
            run_stage(EncodeStage(str(path), "x"), str(url), HERE)
    summary = run_stage(EncodeStage(str(path), "x"), str(url), HERE)
    assert summary.resumed == 2
    assert len(scans) == 1
    assert tree(url) == whole


def test_bad_letters(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">a\nAC-GT*\n")
    url = str(tmp_path / "s.zarr")
    with pytest.raises(BadInputError, match="position 3"):
        run_stage(EncodeStage(str(path), "x"), url, HERE)
    summary = run_stage(EncodeStage(str(path), "x", on_bad_base="n"), url, HERE)
    assert summary.attrs["replaced_letters"] == {"-": 1, "*": 1}
    assert np.array_equal(Store.open(url).read("genome/sequence", 0, 6), text_to_codes("ACNGTN"))


def test_a_file_that_changes_between_scan_and_tasks_is_noticed(tmp_path, genome):
    path, _ = genome
    store = Store.create(tmp_path / "s.zarr", species="x")
    stage = EncodeStage(str(path), "x")
    work = Work(Folder(str(tmp_path / "work")))
    store.begin_group("genome")
    stage.prepare(store, work)
    store.create_tracks("genome")
    path.write_text(">a\n" + "A" * 300_000 + "\n")
    with pytest.raises(BadInputError, match="changed since it was scanned"):
        stage.run(store, stage_module.Region(0, 0, 1 << 16), work)


def test_dry_run_needs_only_the_file(tmp_path, genome):
    path, contigs = genome
    summary = run_stage(EncodeStage(str(path), "x"), str(tmp_path / "s.zarr"), RunOptions(workers=1, dry_run=True))
    assert summary.plan.bases == pytest.approx(sum(map(len, contigs.values())), rel=0.02)
    assert not (tmp_path / "s.zarr").exists()
    with pytest.raises(BadInputError, match="cannot be read"):
        run_stage(EncodeStage(str(tmp_path / "no.fa"), "x"), str(tmp_path / "s.zarr"), RunOptions(dry_run=True))


def test_permuting_contigs_permutes_the_result(tmp_path, genome):
    path, contigs = genome
    run_stage(EncodeStage(str(path), "x"), str(tmp_path / "a.zarr"), HERE)
    path.write_text("".join(f">{name}\n{contigs[name]}\n" for name in reversed(contigs)))
    run_stage(EncodeStage(str(path), "x"), str(tmp_path / "b.zarr"), HERE)
    first, second = Store.open(tmp_path / "a.zarr"), Store.open(tmp_path / "b.zarr")
    for name in contigs:
        parts = []
        for store in (first, second):
            row = store.contigs.index(name)
            start, stop = store.contigs.offsets[row : row + 2].tolist()
            parts.append((store.read("genome/sequence", start, stop), store.table("genome")["contig_md5"][row]))
        assert np.array_equal(parts[0][0], parts[1][0])
        assert np.array_equal(parts[0][1], parts[1][1])


def test_composition_of_every_code():
    codes = text_to_codes("CATGNYRWSKMDVHBcatgnU")
    assert count_kinds(codes) == {"gc": 4, "at": 5, "n": 2, "ambiguous": 10, "soft_masked": 5}
    assert count_kinds(codes[:0])["at"] == 0


def write_genome(path, contigs, length):
    """Many contigs of one length, random, written quickly."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)
    with path.open("wb") as file:
        for start in range(0, contigs, 50_000):
            n = min(50_000, contigs - start)
            block = np.full((n, 9 + length + 1), 10, np.uint8)
            names = "".join(f">{row:07d}\n" for row in range(start, start + n)).encode()
            block[:, :9] = np.frombuffer(names, np.uint8).reshape(n, 9)
            block[:, 9:-1] = letters[rng.integers(0, 4, (n, length), dtype=np.uint8)]
            file.write(block.tobytes())


@pytest.mark.slow
def test_a_million_contigs(tmp_path):
    path = tmp_path / "g.fa"
    write_genome(path, 1_000_000, 30)
    url = str(tmp_path / "s.zarr")
    start = time.process_time()
    run_stage(EncodeStage(str(path), "x"), url, HERE)
    seconds = time.process_time() - start
    store = Store.open(url)
    assert len(store.contigs) == 1_000_000
    assert store.n_bases == 30_000_000
    assert store.contigs.index("0777777") == 777_777
    with path.open("rb") as file:
        file.seek(777_777 * 40 + 9)
        assert np.array_equal(store.read("genome/sequence", 777_777 * 30, 777_778 * 30), text_to_codes(file.read(30)))
    # Of the processor: a contig costs a few microseconds, whatever their number: quadratic work would take hours.
    assert seconds < 60


def _forget_highest_memory():
    Path("/proc/self/clear_refs").write_text("5")


def _peak_while(work):
    """Highest resident memory of this process while something runs, in bytes above what it was before.

    The kernel keeps the highest value: a thread that looks now and then misses it where the machine is loaded.
    """
    before = psutil.Process(os.getpid()).memory_info().rss
    _forget_highest_memory()
    work()
    (highest,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return 1024 * int(highest) - before


def _peaks(folder, kind):
    peaks = []
    for row, n in enumerate((20, 20, 80)):  # the first is to load, compile and fill caches
        path = folder / f"{row}.fa"
        write_genome(path, n, 1_000_000)
        if kind == "bgzip":
            with path.open("rb") as plain, pysam.BGZFile(str(path.with_suffix(".fa.gz")), "wb1") as fast:
                shutil.copyfileobj(plain, fast, 1 << 20)
            path = path.with_suffix(".fa.gz")
        stage, url = EncodeStage(str(path), "x"), str(folder / f"{row}.zarr")
        peaks.append(_peak_while(lambda stage=stage, url=url: run_stage(stage, url, HERE)))
    return peaks


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "bgzip"])
def test_memory_does_not_grow_with_the_genome(tmp_path, kind):
    try:
        _forget_highest_memory()
    except OSError:
        pytest.skip("the highest memory of a process cannot be read here")
    # In a process of its own: what earlier tests left free in this one would serve the small genomes.
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        peaks = fresh.submit(_peaks, tmp_path, kind).result()
    assert peaks[2] - peaks[1] < 0.05 * 60_000_000 + 10_000_000, peaks  # the latter for what allocators keep


def test_after_a_refused_genome_another_one_may_come(tmp_path):
    bad, good = tmp_path / "bad.fa", tmp_path / "good.fa"
    bad.write_text(">a\nACGT!\n")
    good.write_text(">a\nACGTA\n")
    url = str(tmp_path / "s.zarr")
    options = RunOptions(workers=1, quiet=True)
    with pytest.raises(BadInputError, match="no nucleotide"):
        run_stage(EncodeStage(str(bad), "bad"), url, options)
    assert not Path(url).exists()
    run_stage(EncodeStage(str(good), "good"), url, options)
    assert Store.open(url).n_bases == 5


def test_a_refused_genome_takes_nothing_else_with_it(tmp_path):
    bad, good = tmp_path / "bad.fa", tmp_path / "good.fa"
    bad.write_text(">a\nACGT!\n")
    good.write_text(">a\nACGTA\n")
    url = str(tmp_path / "s.zarr")
    run_stage(EncodeStage(str(good), "x"), url, HERE)
    run_stage(WindowsStage(5), url, HERE)
    with pytest.raises(BadInputError, match="no nucleotide"):
        run_stage(EncodeStage(str(bad), "x"), url, RunOptions(workers=1, quiet=True, replace=True))
    assert Store.open(url).names("windows") == ["default"]
