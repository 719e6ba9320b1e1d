"""Scaffolds, turnover, transposons and tandem duplicates: genes stay valid, and each does what it says."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from helixdask.simulate import SimulateSettings, simulate
from tests.simulate.test_simulation import STOPS, parts_by_transcript, read_fasta, read_gff, sense

COMMON = {"bases": 700_000, "contigs": 2, "seed": 5, "read_depth": 0}


def made(folder, **settings):
    result = simulate(SimulateSettings(**COMMON | settings), folder)
    return read_fasta(result.genome), read_gff(result.truth)


def words(text, width=24):
    return {text[i : i + width] for i in range(len(text) - width)}


@pytest.mark.parametrize(
    "settings",
    [
        {"scaffolds": 60},
        {"turnover": 1.0, "transposon_fraction": 0.8},
        {"tandem_fraction": 0.3, "scaffolds": 25, "subgenomes": 3},
    ],
)
def test_genes_stay_translatable(tmp_path, settings):
    genome, truth = made(tmp_path, **settings)
    coding = parts_by_transcript(truth, "CDS")
    assert len(coding) > 60
    for rows in coding.values():
        sequence = sense(genome, rows)
        codons = [sequence[i : i + 3] for i in range(0, len(sequence), 3)]
        assert codons[0] == "ATG"
        assert codons[-1] in STOPS
        assert not STOPS & set(codons[:-1])


def test_scaffolds_hold_the_same_bases(tmp_path):
    whole, _ = made(tmp_path / "whole")
    cut, _ = made(tmp_path / "cut", scaffolds=50)
    assert 30 < len(cut) < 60
    joined = defaultdict(str)
    for name, sequence in cut.items():
        joined[name.rpartition("_")[0]] += sequence
    assert joined == whole
    groups = (tmp_path / "cut/groups.tsv").read_text().splitlines()
    assert len(groups) == len(cut) + 1
    lengths = sorted(len(sequence) for sequence in cut.values())
    assert lengths[-1] > 10 * lengths[len(lengths) // 4]


def test_reads_lie_on_scaffolds(tmp_path):
    pysam = pytest.importorskip("pysam")
    result = simulate(SimulateSettings(**COMMON | {"scaffolds": 20, "read_depth": 2}), tmp_path)
    with pysam.AlignmentFile(str(result.reads)) as bam:
        assert list(bam.references) == list(read_fasta(result.genome))
        assert bam.mapped == 2 * result.read_pairs > 500


def test_turnover_leaves_a_kilobase_beside_genes(tmp_path):
    shared = {}
    for turnover in (0.0, 1.0):
        genome, truth = made(tmp_path / str(turnover), turnover=turnover, divergence=0.0, gene_loss=0.0, indel_rate=0.0)
        one, two = np.frombuffer(genome["chr1A"].encode(), "S1"), np.frombuffer(genome["chr1B"].encode(), "S1")
        assert len(one) == len(two)
        near = np.zeros(len(one), bool)
        for row in truth:
            if row[0] == "chr1A" and row[2] == "gene":
                near[max(int(row[3]) - 1001, 0) : int(row[4]) + 1000] = True
        assert (one == two)[near].all()
        shared[turnover] = (one == two)[~near].mean()
    assert shared[0.0] == 1.0
    assert shared[1.0] < 0.6


def test_transposons_are_everywhere_and_read_through(tmp_path):
    bare, _ = made(tmp_path / "bare", repeat_fraction=0.0)
    full, _ = made(tmp_path / "full", repeat_fraction=0.0, transposon_fraction=0.8)
    assert sum(base.islower() for base in bare["chr1A"]) == 0
    assert 0.3 < sum(base.islower() for base in full["chr1A"]) / len(full["chr1A"]) < 0.7
    long = {}
    for name, genome in (("bare", bare), ("full", full)):
        text = genome["chr1A"].upper()
        read = "".join(
            "".join("*" if text[i : i + 3] in STOPS else "." for i in range(frame, len(text), 3)) + "*"
            for frame in range(3)
        )
        long[name] = sum(len(stretch) >= 120 for stretch in read.split("*"))
    assert long["full"] > 1.5 * long["bare"]


def test_repeats_in_capitals(tmp_path):
    soft, _ = made(tmp_path / "soft")
    hard, _ = made(tmp_path / "hard", soft_masked=False)
    assert {name: text.upper() for name, text in soft.items()} == hard


def test_tandem_copies_lie_beside_each_other(tmp_path):
    genome, truth = made(tmp_path, tandem_fraction=0.4, subgenomes=1, repeat_fraction=0.0)
    coding = [(rows[0][0], sense(genome, rows)) for rows in parts_by_transcript(truth, "CDS").values()]
    alike = [len(words(a) & words(b)) > 0.1 * len(words(a)) for (one, a), (two, b) in pairwise(coding) if one == two]
    assert 0.3 < np.mean(alike) < 0.9
