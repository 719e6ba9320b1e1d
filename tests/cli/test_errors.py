"""Errors: one message that says what, where and what to do; exit code 2 for bad input, 1 for failures; no traceback."""

import zipfile
from dataclasses import replace

import pytest

from helixdask.cli import data
from helixdask.cli.options import Output
from tests.cli.support import contents, helixdask, process


def refused(*arguments, says, code=2):
    ran = helixdask(*arguments)
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    assert "internal error" not in ran.err
    assert ran.out == ""
    for word in says:
        assert word in ran.err
    return ran


def test_a_missing_file_is_named(species, tmp_path, labelled_forever):
    refused("encode", tmp_path / "no.fa", "-o", tmp_path / "s.zarr", says=["no.fa", "No such file"])
    assert not (tmp_path / "s.zarr").exists()
    refused("labels", labelled_forever, "--gff3", tmp_path / "no.gff3", "--name", "x", says=["no.gff3", "no such file"])
    refused("predict", labelled_forever, "--model", tmp_path / "no.keras", says=["no.keras", "Check the path"])
    bam = tmp_path / "no.bam"
    refused("coverage", labelled_forever, "--bam", bam, "--strandedness", "reverse", says=["no.bam"])
    refused("evaluate", labelled_forever, "--reference", tmp_path / "no.gff3", says=["predict"])
    refused("prepare", species.genome, "-o", tmp_path / "t.zarr", "--gff3", bam, says=["no such file"])
    refused("prepare", species.genome, "-o", tmp_path / "t.zarr", says=["--gff3", "--model"])
    annotated = ("--gff3", species.truth, "--rules", "helixer")
    refused("prepare", species.genome, "-o", tmp_path / "t.zarr", *annotated, says=["rules helixer", "--model"])
    assert not (tmp_path / "t.zarr").exists()
    refused("annotate", tmp_path / "no.fa", "--model", bam, "-o", tmp_path / "g.gff3", says=["no.fa", "neither"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect",),
        ("windows",),
        ("select",),
        ("split",),
        ("predict", "--model", "m.keras"),
        ("call", "-o", "g.gff3"),
        ("labels", "--gff3", "g.gff3"),
        ("export", "--helixer", "x.h5", "--window-length", "900"),
        ("tune", "--model", "m.keras", "-o", "t.keras"),
    ],
)
def test_what_is_not_a_store(arguments, tmp_path, tiny_model):
    model = ["--model", str(tiny_model)]
    arguments = [*arguments] if "--model" not in arguments else [arguments[0], *model, *arguments[3:]]
    refused(arguments[0], tmp_path, *arguments[1:], says=["no store here", "helixdask encode"])


def test_an_output_that_is_there_is_not_lost(species, labelled, tmp_path):
    before = contents(labelled)
    says = ["genome is in the store already", "--replace"]
    refused("encode", species.genome, "-o", labelled, "--species", "simulated", "--on-bad-base", "n", says=says)
    refused("encode", species.genome, "-o", labelled, "--species", "another", says=["store of 'simulated'"])
    assert contents(labelled) == before
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    refused("encode", species.genome, "-o", tmp_path / "thesis", says=["no store is here already"])
    assert contents(tmp_path / "thesis").keys() == {"chapter.txt"}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_broken_model_is_refused_before_the_genome_is_read(tmp_path, more):
    (tmp_path / "broken.keras").write_bytes(b"PK broken")
    (tmp_path / "genome.fa").write_text(">c\nACGT\n")
    for command in (
        ("annotate", tmp_path / "genome.fa", "-o", tmp_path / "genes.gff3"),
        ("prepare", tmp_path / "genome.fa", "-o", tmp_path / "genome.zarr", "--window-length", "900"),
    ):
        refused(*command, "--model", tmp_path / "broken.keras", *more, "-q", says=["broken.keras"])
        assert contents(tmp_path).keys() == {"broken.keras", "genome.fa"}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_damaged_weights_are_refused_before_the_genome_is_read(tmp_path, tiny_model, more):
    genome, model = tmp_path / "g.fa", tmp_path / "m.keras"
    genome.write_text(">1\nACGT\n")
    content = bytearray(tiny_model.read_bytes())
    with zipfile.ZipFile(tiny_model) as archive:
        weights = archive.getinfo("model.weights.h5")
    content[weights.header_offset + weights.compress_size // 2] ^= 1
    model.write_bytes(content)
    output = ("-o", tmp_path / "g.gff3", "--store", tmp_path / "g.zarr")
    refused("annotate", genome, "--model", model, *output, *more, says=["m.keras", "the weights are damaged"])
    assert not (tmp_path / "g.zarr").exists()


def test_an_empty_annotation_is_refused_before_the_genome_is_encoded(species, tmp_path):
    empty = tmp_path / "empty.gff3"
    empty.write_text("##gff-version 3\n")
    store = tmp_path / "s.zarr"
    refused("prepare", species.genome, "-o", store, "--gff3", empty, says=["empty.gff3", "an annotation without rows"])
    assert not store.exists()


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("chr9Z:0-10", ["chr9Z"]),
        ("chr1A:10-5", ["chr1A:10-5"]),
        ("chr1A:0-900000000", ["chr1A"]),
        ("chr1A:a-b", ["chr1A:a-b"]),
    ],
)
def test_a_bad_region(region, says, labelled_forever):
    refused("inspect", labelled_forever, region, says=says)


def test_names_that_are_not_there(labelled_forever, tmp_path):
    refused("windows", labelled_forever, "--labels", "pseudo", says=["labels/pseudo", "reference"])
    refused("split", labelled_forever, says=["no windows", "helixdask windows"])
    refused("split", labelled_forever, "--selection", "s", says=["selections/s"])
    refused("select", labelled_forever, "--windows", "w", "--labels", "reference", says=["--windows"])
    refused("call", labelled_forever, "-o", tmp_path / "g.gff3", says=["no predictions", "helixdask predict"])


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".work"])
def test_names_that_cannot_be(name, labelled, species):
    before = contents(labelled.parent)
    refused("labels", labelled, "--gff3", species.truth, "--name", name, says=["name"])
    assert contents(labelled.parent) == before


def test_reads(species, labelled_forever, tmp_path):
    bams = ["--bam", species.reads]
    refused("coverage", labelled_forever, says=["--bam"])
    refused("coverage", labelled_forever, *bams, says=["--strandedness"])
    refused("coverage", labelled_forever, *bams, "--libraries", species.libraries, says=["--libraries"])
    refused("coverage", labelled_forever, *bams, species.reads, "--strandedness", "reverse", says=["given twice"])
    ran = helixdask("coverage", labelled_forever, *bams, "--strandedness", "sideways")
    assert ran.code == 2
    assert "'reverse'" in ran.err
    (tmp_path / "reads.bam").write_bytes(b"this is no BAM")
    bad = ["--bam", tmp_path / "reads.bam", "--strandedness", "reverse"]
    refused("coverage", labelled_forever, *bad, says=["reads.bam"])


def test_a_scheduler_that_is_not_there(labelled, tmp_path, monkeypatch):
    patient = Output.run_options
    monkeypatch.setattr(Output, "run_options", lambda self: replace(patient(self), connect_seconds=0.5))
    where = ["--scheduler", "tcp://127.0.0.1:1"]
    refused("windows", labelled, "--window-length", "900", *where, says=["scheduler does not answer", "127.0.0.1:1"])
    refused("windows", labelled, "--scheduler-file", tmp_path / "none.json", says=["scheduler", "none.json"])
    refused("windows", labelled, "--memory-limit", "plenty", says=["plenty", "4GB"])


def test_sizes_and_fractions(tmp_path, labelled_forever):
    refused("simulate", "-o", tmp_path / "s", "--bases", "many", says=["many", "2M"])
    refused("simulate", "-o", tmp_path / "s", "--bases", "inf", says=["inf"])
    assert helixdask("select", labelled_forever, "--keep-fraction", "2").code == 2
    export = ["export", labelled_forever, "--helixer", tmp_path / "x.h5", "--window-length", "900"]
    refused(*export, "--order", "random", says=["random", "'length'"])
    refused("encode", tmp_path / "x.fa", "-o", tmp_path / "s", "--on-bad-base", "maybe", says=["maybe", "'error'"])


def test_usage_errors_are_exit_code_2():
    assert helixdask("encode").code == 2
    assert helixdask("annotated").code == 2
    assert "annotate" in helixdask("annotated").err  # a hint
    assert helixdask("windows", "s.zarr", "--workers", "0").code == 2


def test_faults_of_ours_are_exit_code_1_and_one_line(monkeypatch, tmp_path):
    monkeypatch.delenv("HELIXDASK_DEBUG", raising=False)
    monkeypatch.setattr(data, "_size", lambda text: 1 / 0)
    ran = helixdask("simulate", "-o", tmp_path / "s")
    assert ran.code == 1
    assert ran.err.startswith("internal error: ZeroDivisionError")
    monkeypatch.setenv("HELIXDASK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        helixdask("simulate", "-o", tmp_path / "s")


def test_a_file_where_a_folder_is_needed(tmp_path):
    (tmp_path / "file").touch()
    where = tmp_path / "file" / "folder"
    refused("simulate", "-o", where, "--bases", "1k", says=[str(tmp_path / "file"), "no folder"])


def test_ctrl_c_is_exit_code_130_and_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(text):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "_size", interrupted)
    ran = helixdask("simulate", "-o", tmp_path / "s")
    assert ran.code == 130
    assert "go on" in ran.err


@pytest.mark.slow
def test_as_a_process(tmp_path):
    ran = process("inspect", tmp_path)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {tmp_path}: there is no store here\n  Make one with")
    assert ran.out == ""
