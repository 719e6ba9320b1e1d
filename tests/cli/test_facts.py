"""What stages did, in words: values have names, units and shares, and count genes."""

import pytest

from helixdask.cli.facts import facts_of
from helixdask.cli.report import print_facts
from tests.cli.support import done

HERE = ["--workers", "1"]


def lines(text):
    """Lines with single blanks."""
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.slow
def test_genome_annotation_and_labels(species, tmp_path):
    store, gff3 = tmp_path / "s.zarr", tmp_path / "odd.gff3"
    rows = species.truth.read_text().splitlines()
    gff3.write_text("\n".join([*rows, "nowhere\tx\tgene\t1\t9\t.\t+\t.\tID=g"]) + "\n")
    said = lines(done("encode", species.genome, "-o", store, *HERE).out)
    assert "contigs 4" in said
    assert any(line.startswith("GC ") and line.endswith(" %") for line in said)
    n_genes = sum("\tgene\t" in row for row in rows)
    said = lines(done("labels", store, "--gff3", gff3, *HERE).out)
    assert f"genes {n_genes}" in said
    assert f"learnt from {n_genes} (100.0 %)" in said
    assert "rows on sequences that the genome has not 1" in said
    assert [line.split()[0] for line in said if line.endswith("%)") and " bases " in line] == [
        "intergenic",
        "UTR",
        "CDS",
        "intron",
        "masked",
    ]
    assert not [line for line in said if line.startswith(("findings ", "masks "))]  # rows, which tell nothing
    said = lines(done("windows", store, "--window-length", "900", *HERE).out)
    assert [line for line in said if line.startswith("CDS bases ")]
    said = lines(done("coverage", store, "--bam", species.reads, "--strandedness", "reverse", *HERE).out)
    assert "protocol reverse" in said
    assert any(line.startswith("alignments that count ") for line in said)
    assert any(line.startswith("evidence ") and line.endswith("spliced reads") for line in said)


def test_genes_and_predictions():
    facts = facts_of(
        "call", {"genes": 10, "coding_bases": 9_000, "regions": 3, "region_bases": 100, "partial_genes": 0}
    )
    assert facts["mean coding length"] == "900"
    assert facts["regions looked at"] == "3 of 100 bases"
    assert facts["cut by a contig's end"] is None
    assert facts["splice sites learnt from"] is None
    facts = facts_of("call", {"sites": {"introns": 1_234, "donor_bits": 2.1}})
    assert facts["splice sites learnt from"] == "1,234 called introns"
    facts = facts_of("predict", {"genic": {"highest": 0.98765, "mean": 0.1, "share": 0.0123}, "window_length": 900})
    assert facts["highest genic probability"] == "0.988"
    assert facts["more likely genic than not"].startswith("1.23 %")


def test_evidence_is_what_is_stored():
    evidence = {"source": "spliced reads", "spliced_reads": 289, "forward_share": 0.04, "verdict": "reverse"}
    facts = facts_of("coverage", {"counts": {"reads_used": 5, "reads_duplicate": 15}, "protocol_evidence": evidence})
    assert facts["evidence"] == "96.0 % say reverse, in a sample of 289 spliced reads"
    assert facts["alignments that count"] == "5 (25.0 %)"
    assert facts["left out"] == {"duplicates": 15, **dict.fromkeys(facts["left out"].keys() - {"duplicates"}, 0)}


@pytest.mark.parametrize(
    "stage", ["encode", "genes", "labels", "coverage", "predict", "call", "windows", "kinship", "split", "select"]
)
def test_attributes_of_older_versions_do(stage, capsys):
    print_facts(stage, facts_of(stage, {}))
    assert stage in capsys.readouterr().out


def test_other_stages_show_all_but_what_they_were_made_from():
    assert facts_of("track", {"kept": 3, "digest": "x", "settings": {}}) == {"kept": 3}


def test_what_chooses_windows_says_it_in_words(capsys):
    facts = facts_of("kinship", {"n_groups": 2, "largest_group": 4, "n_pairs": 12, "n_unknown_contigs": 0})
    assert facts["groups of copies"] == "2 (the largest: 4 contigs)"
    assert facts["too short to tell"] is None
    split = {
        "n_windows": {"train": 300, "validation": 74, "test": 0},
        "n_bases": {"train": 3_207_600, "validation": 771_016},
        "n_contigs": {"train": 1, "validation": 2},
        "by_blocks": True,
        "guard": 10_692,
        "n_left_out": 6,
        "n_near_copies": 4,
        "leakage": [{"split": "this one", "windows": 0.0, "coding_bases": 0.0}],
    }
    facts = facts_of("split", split)
    assert facts["train"] == "300 windows of 3,207,600 bases, on 1 contig"
    assert facts["left out"] == "6 windows, 4 of them near copies of another side"
    assert "test" not in facts
    stratum = {"name": "fully intergenic", "available": 9, "kept": 2, "threshold": 0.1, "weight": 0.915}
    facts = facts_of("select", {"n_usable": 300, "n_windows": 310, "n_kept": 61, "bases_kept": 9, "strata": [stratum]})
    assert facts["kept"] == "61 (20.3 % of the usable ones) with 9 bases"
    print_facts("select", facts)
    said = lines(capsys.readouterr().out)
    assert "stratum windows kept bases bases wanted bases kept weight in training" in said
    assert "fully intergenic 9 2 – – – 0.9150" in said


def test_export_says_what_was_written(labelled_forever, tmp_path):
    files = ["--gff3", tmp_path / "g.gff3", "--bed", tmp_path / "g.bed"]
    found = done("export", labelled_forever, *files, "--json").json()
    assert [(one["kind"], one["file"]) for one in found["written"]] == [
        ("gff3", str(tmp_path / "g.gff3")),
        ("bed", str(tmp_path / "g.bed")),
    ]
    assert {one["genes"] for one in found["written"]} == {
        sum("\tgene\t" in row for row in (tmp_path / "g.gff3").read_text().splitlines())
    }
    assert f"written: {tmp_path / 'g.bed'} (" in done("export", labelled_forever, *files).out
