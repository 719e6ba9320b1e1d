"""A dry run tells what would be done, and does nothing; on 17 Gb it takes seconds."""

import resource
import shutil
import struct
import time
from dataclasses import replace
from types import SimpleNamespace

import pysam
import pytest

from helixdask.engine import plan
from tests.cli.support import contents, done, helixdask
from tests.huge_store import N_SCAFFOLDS

PLENTY = SimpleNamespace(total=10**15, used=0, free=10**15)


def commands(store, folder, species, model, reads):
    """One dry run of each command that runs stages, and the groups that it plans."""
    out = ["-o", folder / "genes.gff3"]
    libraries = ["--bam", reads, "--strandedness", "reverse"]
    return {
        "encode": (["encode", species.genome, "-o", folder / "new.zarr"], ["genome"]),
        "labels": (["labels", store, "--gff3", species.truth, "--name", "new"], ["genes/new"]),
        "labels, genes there": (
            ["labels", store, "--gff3", species.truth],
            ["genes/reference", "labels/reference"],
        ),
        "coverage": (["coverage", store, *libraries], ["coverage/rnaseq/reads"]),
        "predict": (["predict", store, "--model", model], ["predictions/tiny"]),
        "call": (["call", store, "--predictions", "base", *out], ["genes/base"]),
        "windows": (["windows", store, "--window-length", "900"], ["windows/900-reference-base"]),
        "select": (["select", store, "--report", folder / "r.html"], ["selections/default"]),
        "select, other windows": (["select", store, "--window-length", "900"], ["windows/900-reference-base"]),
        "split": (["split", store, "--report", folder / "r.html"], ["splits/default"]),
        "prepare": (
            ["prepare", species.genome, "-o", folder / "new.zarr", "--gff3", species.truth, *libraries],
            [
                *("genome", "genes/reference", "labels/reference", "coverage/rnaseq/reads"),
                *("windows/21384-reference", "kinship/default", "splits/default", "selections/default"),
            ],
        ),
        "annotate": (["annotate", store, "--model", model, *out], ["predictions/tiny", "genes/tiny"]),
        "annotate, fresh": (
            ["annotate", species.genome, "--model", model, *out],
            ["genome", "predictions/tiny", "genes/tiny"],
        ),
    }


@pytest.fixture(scope="module")
def prepared(labelled_forever, species, tiny_model, tmp_path_factory):
    """A small store with everything in it."""
    store = shutil.copytree(labelled_forever, tmp_path_factory.mktemp("prepared") / "prepared.zarr")
    done("predict", store, "--model", tiny_model, "--name", "base", "--workers", "1", "-q")
    done("select", store, "--window-length", "1800", "--keep-fraction", "0.5", "--workers", "1", "-q")
    return store


@pytest.mark.slow
def test_nothing_is_changed(prepared, species, tiny_model, tmp_path):
    before = contents(prepared)
    for name, (arguments, groups) in commands(prepared, tmp_path, species, tiny_model, species.reads).items():
        planned = done(*arguments, "--dry-run", "--json").json()
        assert [stage["group"] for stage in planned] == groups
        state = "already there" if name == "labels, genes there" else "planned"
        assert {stage["state"] for stage in planned} == {state}
        assert contents(prepared) == before
        assert contents(tmp_path) == {}


@pytest.fixture(scope="module")
def many_references(tmp_path_factory):
    """A BAM file with a read on each of a few of half a million contigs."""
    # As bytes: pysam takes longer for such a header than all dry runs take together.
    folder = tmp_path_factory.mktemp("bam")
    names = [f"scaffold_{number}" for number in range(1, N_SCAFFOLDS + 1)]
    text = "@HD\tVN:1.6\tSO:coordinate\n" + "".join(f"@SQ\tSN:{name}\tLN:300\n" for name in names)
    references = (struct.pack("<i", len(name) + 1) + name.encode() + b"\0\x2c\x01\0\0" for name in names)
    with pysam.BGZFile(str(folder / "reads.bam"), "wb1") as file:
        file.write(b"BAM\1" + struct.pack("<i", len(text)) + text.encode())
        file.write(struct.pack("<i", len(names)) + b"".join(references))
        for number in (0, N_SCAFFOLDS // 2 - 1, N_SCAFFOLDS - 1):
            # Four bases at 10, mapping quality 60, four letters without qualities.
            name = f"r{number}\0".encode()
            read = struct.pack("<iiBBHHHiiii", number, 10, len(name), 60, 4681, 1, 0, 4, -1, -1, 0)
            read += name + struct.pack("<I", 4 << 4) + b"\x12\x48" + b"\xff" * 4
            file.write(struct.pack("<i", len(read)) + read)
    path = folder / "reads.bam"
    pysam.index(str(path))
    return path


@pytest.mark.slow
def test_every_stage_of_17_gb_within_seconds(huge, species, tiny_model, many_references, tmp_path, monkeypatch):
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda folder: PLENTY)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    planned = {}
    for name, (arguments, groups) in commands(huge, tmp_path, species, tiny_model, many_references).items():
        if name in ("encode", "prepare", "annotate, fresh"):
            continue  # they read the small genome
        start = time.process_time()
        stages = done(*arguments, "--dry-run", "--json", "--workers", "2").json()
        seconds = time.process_time() - start
        assert [stage["group"] for stage in stages] == groups
        assert all(stage["plan"]["bases"] == 17_000_000_000 for stage in stages)
        assert seconds < 15, name  # of the processor; a second is needed
        planned[name] = stages[-1]["plan"]
        print(f"{name}: {seconds:.1f} s")  # noqa: T201
    assert contents(tmp_path) == {}
    assert planned["predict"]["tasks"] > 1_000
    assert planned["predict"]["bytes_out"] > 4e10
    assert max(each["memory_per_worker"] for each in planned.values()) < 8e9
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1e6  # kB


def test_what_cannot_fit_is_refused(prepared, tiny_model, monkeypatch):
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda folder: SimpleNamespace(free=100_000))
    ran = helixdask("predict", prepared, "--model", tiny_model, "--dry-run")
    assert ran.code == 2
    assert "are free" in ran.err
    ran = helixdask("windows", prepared, "--dry-run", "--memory-limit", "1MB")
    assert ran.code == 2
    assert "--memory-limit" in ran.err


def test_all_steps_of_a_fresh_genome_must_fit(species, tiny_model, tmp_path, monkeypatch):
    """Each would, but not all of them; float16 takes more."""
    words = ["annotate", species.genome, "--model", tiny_model, "-o", tmp_path / "genes.gff3", "--dry-run", "--json"]
    sizes = [stage["plan"]["bytes_out"] for stage in done(*words).json()]
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda folder: SimpleNamespace(free=max(sizes) + 1))
    ran = helixdask(*words)
    assert ran.code == 2
    assert "on top of" in ran.err
    monkeypatch.undo()
    more = [stage["plan"]["bytes_out"] for stage in done(*words, "--precision", "float16").json()]
    assert max(more) > 3 * max(sizes)


def test_reads_that_will_be_there_are_planned_where_genes_are_called(species, tiny_model, tmp_path):
    words = ["annotate", species.genome, "--model", tiny_model, "-o", tmp_path / "genes.gff3", "--dry-run", "--json"]
    without = done(*words).json()[-1]["plan"]
    given = done(*words, "--bam", species.reads, "--strandedness", "reverse").json()[-1]["plan"]
    assert given["group"] == without["group"] == "genes/tiny"
    assert given["seconds"] > without["seconds"] + 1
    ignored = done(*words, "--bam", species.reads, "--strandedness", "reverse", "--without-reads").json()[-1]["plan"]
    assert ignored["seconds"] == without["seconds"]


def test_the_plan_of_aligned_proteins_follows_their_file(prepared, species, tmp_path):
    contig, plans = species.genome.read_text().split(maxsplit=1)[0][1:], []
    for number in (10, 10_000):
        evidence = tmp_path / f"{number}.gff3"
        rows = (f"{contig}\tx\tCDS\t{100 + i}\t{200 + i}\t.\t+\t.\tParent=p{i}" for i in range(number))
        evidence.write_text("##gff-version 3\n" + "\n".join(rows) + "\n")
        (stage,) = done("coverage", prepared, "--evidence", evidence, "--dry-run", "--json").json()
        plans.append(stage["plan"])
    few, many = plans
    assert many["bytes_out"] > 100 * few["bytes_out"]
    assert many["bytes_out"] < evidence.stat().st_size


def test_a_model_that_needs_reads_is_not_planned_without(species, tiny_model, tmp_path, monkeypatch):
    from helixdask.trainer.prediction import stage as prediction

    known = prediction.describe_model
    described = known(tiny_model)
    sees_two = replace(described, spec=replace(described.spec, n_libraries=2))
    monkeypatch.setattr(prediction, "describe_model", lambda path: sees_two)
    ran = helixdask("annotate", species.genome, "--model", tiny_model, "-o", tmp_path / "genes.gff3", "--dry-run")
    assert ran.code == 2
    assert "2 libraries" in ran.err
