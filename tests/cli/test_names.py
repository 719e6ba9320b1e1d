"""Files that call the sequences otherwise than the genome: told before any work, and mended by the command proposed."""

import re
import shlex
from pathlib import Path

import numpy as np
import pysam
import pytest

from helixdask.cli.proposed import command_with
from helixdask.store.store import Store
from tests.cli.conftest import WINDOW
from tests.cli.support import contents, done, helixdask

HERE = ["--workers", "1", "-q"]


def renamed_bam(source, target, prefix="x"):
    """The same reads on sequences of other names."""
    with pysam.AlignmentFile(str(source)) as bam:
        header = bam.header.to_dict()
        for line in header["SQ"]:
            line["SN"] = prefix + line["SN"]
        with pysam.AlignmentFile(str(target), "wb", header=pysam.AlignmentHeader.from_dict(header)) as out:
            for read in bam:
                read_dict = read.to_dict()
                for field in ("ref_name", "next_ref_name"):
                    read_dict[field] = read_dict[field] if read_dict[field] in "*=" else prefix + read_dict[field]
                out.write(pysam.AlignedSegment.from_dict(read_dict, out.header))
    pysam.index(str(target))
    return target


def fasta_records(path):
    """Names and sequences."""
    with pysam.FastxFile(str(path)) as records:
        return [(record.name, record.sequence) for record in records]


def command_in(text):
    """The command that a message proposes, as arguments."""
    (found,) = re.findall(r"^ +helixdask (.*)$", text, re.MULTILINE)
    return shlex.split(found)


@pytest.fixture(scope="session")
def other_names(species, tmp_path_factory):
    """Reads and annotation of the species, the reads under other names."""
    return renamed_bam(species.reads, tmp_path_factory.mktemp("names") / "other.bam")


@pytest.mark.slow
def test_the_second_command_is_what_the_first_proposed(species, other_names, tmp_path):
    store = tmp_path / "s.zarr"
    command = ["prepare", species.genome, "-o", store, "--gff3", species.truth, "--bam", other_names]
    command += ["--strandedness", "reverse", "--window-length", WINDOW, *HERE]
    for dry_run in (["--dry-run"], []):
        refused = helixdask(*command, *dry_run)
        assert refused.code == 2
        assert not store.exists(), "before any work"
    assert "xchr1A is chr1A" in refused.err
    done(*command_in(refused.err))
    # The annotation did not need the table, so the genes are not made of it.
    opened = Store.open(store)
    assert "aliases" not in opened.attrs("genes/reference")["inputs"]
    assert "aliases" not in opened.attrs("labels/reference")["inputs"]
    assert opened.attrs("coverage/rnaseq/other")["inputs"]["aliases"].startswith("names:")
    assert opened.attrs("coverage/rnaseq/other")["counts"]["reads_used"] > 100


def test_aliases_added_later_leave_what_did_not_need_them(species, other_names, labelled):
    """What failed: the advice to give aliases, after labels were made without."""
    table = labelled.parent / "names.tsv"
    table.write_text("".join(f"x{name}\t{name}\n" for name in Store.open(labelled).contigs.names))
    before = contents(labelled / "genes")
    again = done("labels", labelled, "--gff3", species.truth, "--aliases", table, *HERE, "--json").json()
    assert [stage["state"] for stage in again] == ["already there"] * 2
    assert contents(labelled / "genes") == before
    coverage = ["coverage", labelled, "--bam", other_names, "--strandedness", "reverse", "--aliases", table, *HERE]
    done(*coverage)
    table.write_text(table.read_text() + "another\tchr1A\n")
    assert done(*coverage, "--json").json()[0]["state"] == "already there"
    table.write_text(table.read_text().replace("xchr1A\tchr1A\nxchr1B\tchr1B\n", ""))
    refused = helixdask(*coverage)
    assert refused.code == 2
    assert "aliases was names.tsv (names " in refused.err


def test_where_nothing_tells_the_user_is_asked(species, tmp_path):
    other = tmp_path / "other.gff3"
    text = Path(species.truth).read_text()
    other.write_text(text.replace("chr", "seq"))
    refused = helixdask("prepare", species.genome, "-o", tmp_path / "s.zarr", "--gff3", other, *HERE)
    assert refused.code == 2
    assert "Nothing tells which is which" in refused.err
    assert "--aliases" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["other.gff3"]


@pytest.mark.slow
def test_an_annotation_that_tells_lengths(species, tmp_path):
    other, store = tmp_path / "other.gff3", tmp_path / "s.zarr"
    lengths = {name: len(bases) for name, bases in fasta_records(species.genome)}
    pragmas = "".join(f"##sequence-region seq{name[3:]} 1 {length}\n" for name, length in lengths.items())
    other.write_text(pragmas + Path(species.truth).read_text().replace("chr", "seq"))
    command = ["prepare", species.genome, "-o", store, "--gff3", other, "--window-length", WINDOW, *HERE]
    refused = helixdask(*command)
    assert refused.code == 2
    done(*command_in(refused.err))
    assert Store.open(store).attrs("genes/reference")["genes"] > 10


def test_evaluate_and_sweep_take_aliases(species, labelled_forever, tmp_path):
    other, table = tmp_path / "other.gff3", tmp_path / "names.tsv"
    names = Store.open(labelled_forever).contigs.names
    other.write_text(Path(species.truth).read_text().replace("chr", "seq"))
    table.write_text("".join(f"{name.replace('chr', 'seq')}\t{name}\n" for name in names))
    listed = tmp_path / "contigs"
    listed.write_text(f"seq1A {names[1]}")
    for source, reference in ((species.truth, other), (other, species.truth)):
        command = ["evaluate", source, "--reference", reference, "--aliases", table, "--json", "-q"]
        (scores,) = done(*command).json()["genes"].values()
        assert scores["gene"]["f1"] == 1
    command = ["evaluate", labelled_forever, "--genes", "reference", "--reference", other, "--aliases", table]
    scores = done(*command, "--contigs", listed, "--json", "-q").json()
    assert scores["genes"]["reference"]["gene"]["f1"] == 1
    assert scores["contigs"] == [names[0], names[1]]


@pytest.mark.slow
def test_groups_and_genetic_codes_take_aliases(species, labelled, tmp_path):
    table, codes, groups = (tmp_path / name for name in ("names.tsv", "codes.tsv", "groups.tsv"))
    names = Store.open(labelled).contigs.names
    table.write_text("".join(f"x{name}\t{name}\n" for name in names))
    codes.write_text("xchr1A\t11\n")
    groups.write_text("".join(f"x{name}\t{name[:-1]}\n" for name in names))
    options = ["--aliases", table, *HERE]
    made = ["labels", labelled, "--gff3", species.truth, "--name", "coded", "--genetic-codes", codes]
    assert helixdask(*made, *HERE).code == 2
    done(*made, *options)
    assert Store.open(labelled).attrs("labels/coded")["genetic_codes"] == {"chr1A": 11}
    done("select", labelled, "--labels", "reference", "--window-length", WINDOW, *HERE)
    refused = helixdask("split", labelled, "--groups", groups, *HERE)
    assert refused.code == 2
    assert "--aliases" in refused.err
    done("split", labelled, "--groups", groups, "--val-fraction", "0.5", *options)
    store = Store.open(labelled)
    rows, side = (store.table("splits/default")[name] for name in ("window_row", "window_side"))
    windows = store.attrs("splits/default")["windows"]
    contig = store.table(f"windows/{windows}")["window_contig"][rows]
    sides = [set(side[np.isin(contig, pair)].tolist()) for pair in ((0, 1), (2, 3))]
    assert all(len(each) == 1 for each in sides)


def test_a_helixer_file_with_other_names(labelled, tmp_path):
    h5py = pytest.importorskip("h5py")
    helixer, table = tmp_path / "h.h5", tmp_path / "names.tsv"
    done("export", labelled, "--helixer", helixer, "--window-length", "2000", "--labels", "reference")
    with h5py.File(helixer, "r+") as file:
        ids = file["data/seqids"][...]
        file["data/seqids"][...] = np.array([b"x" + name for name in ids], ids.dtype)
    table.write_text("".join(f"x{name}\t{name}\n" for name in Store.open(labelled).contigs.names))
    command = ["import", helixer, "-o", labelled, "--name", "again", *HERE]
    assert helixdask(*command).code == 2
    done(*command, "--aliases", table)
    store = Store.open(labelled)
    np.testing.assert_array_equal(
        store.read("labels/again/label", 0, store.n_bases), store.read("labels/reference/label", 0, store.n_bases)
    )


def test_the_command_has_one_table():
    arguments = ["prepare", "a b.fa", "--aliases", "old.tsv", "-q"]
    assert command_with(arguments, "new.tsv") == "helixdask prepare 'a b.fa' -q --aliases new.tsv"
    assert command_with(["prepare", "--aliases=old.tsv"], "new.tsv") == "helixdask prepare --aliases new.tsv"


@pytest.mark.slow
def test_a_yeast_whose_reads_have_other_names(shared, tmp_path):
    folder = shared / "data" / "spombe"
    bam = renamed_bam(folder / "spombe_dUTP.bam", tmp_path / "reads.bam", "chr")
    command = ["prepare", folder / "spombe_I_II.fa.gz", "-o", tmp_path / "pombe.zarr", "--bam", bam]
    command += ["--gff3", folder / "Schizosaccharomyces_pombe_all_chromosomes.I_II.gff3.gz"]
    refused = helixdask(*command, "--strandedness", "reverse", *HERE)
    assert refused.code == 2
    assert not (tmp_path / "pombe.zarr").exists()
    done(*command_in(refused.err))
    assert Store.open(tmp_path / "pombe.zarr").attrs("coverage/rnaseq/reads")["counts"]["reads_used"] == 110_291
