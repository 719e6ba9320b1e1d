"""What the sections of a page compute."""

import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
from helixdask.report.genome import by_length
from helixdask.report.kinship import shown_rows
from helixdask.report.motifs import count_motifs, sample
from helixdask.report.sides import contig_shares
from helixdask.report.training import training_section
from helixdask.report.windows import Chosen, _measures
from helixdask.sequence.codes import reverse_complement, text_to_codes
from helixdask.windows.grid import Windows

SPANS = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30), st.integers(0, 1)), max_size=12)


@given(SPANS, st.integers(1, 17))
def test_shares_of_a_contig_are_those_of_its_bases(spans, n_bins):
    taken = [np.zeros(100, bool), np.zeros(100, bool)]  # windows of one strand do not overlap
    kept = []
    for start, size, strand in spans:
        end = min(start + size, 100)
        if not taken[strand][start:end].any():
            taken[strand][start:end] = True
            kept.append((start, end, strand))
    columns = np.array(kept, np.int64).reshape(-1, 3).T
    windows = Windows(np.zeros(len(kept), np.int32), columns[0], columns[1], columns[2].astype(np.int8))
    got = contig_shares(windows, [np.ones(len(kept), bool)], 0, 100, n_bins)[0]
    edges = np.linspace(0, 100, n_bins + 1)
    fine = np.concatenate([[0], np.cumsum(taken[0].astype(float) + taken[1])])
    wanted = np.diff(np.interp(edges, np.arange(101), fine)) / np.diff(edges) / 2
    np.testing.assert_allclose(got, wanted, atol=1e-9)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_contigs_by_length_are_all_counted(lengths):
    names, number, bases = by_length(np.array(lengths))
    assert number.sum() == len(lengths)
    assert bases.sum() == sum(lengths)
    assert len(names) == len(number) == len(bases)
    assert number[0] > 0
    assert number[-1] > 0


def test_rows_of_the_matrix_are_the_longest_of_each_group_together():
    group = np.array([0, 1, 0, 1, 0])
    assert shown_rows(group, np.array([1, 0]), np.array([5, 1, 9, 2, 7])).tolist() == [1, 3, 0, 2, 4]


@given(st.integers(0, 100_000))
def test_a_sample_names_each_gene_once(n):
    rows = sample(n)
    assert len(rows) == min(n, 2048)
    assert len(np.unique(rows)) == len(rows)
    assert not len(rows) or (rows[0] >= 0 and rows[-1] < n)


def one_gene(strand, cds, exons, partial5=False):
    start, end = exons[0][0], exons[-1][1]
    parts = {"transcript": [0] * len(cds), "start": [a for a, _ in cds], "end": [b for _, b in cds]}
    return GeneModels.from_columns(
        genes={
            "id": ["g"],
            "contig": [0],
            "start": [start],
            "end": [end],
            "strand": [strand],
            "type": ["gene"],
            "source": ["x"],
            "score": [np.nan],
            "attributes": ["{}"],
        },
        transcripts={
            "id": ["t"],
            "gene": [0],
            "start": [start],
            "end": [end],
            "type": ["mRNA"],
            "partial5": [partial5],
            "partial3": [False],
        },
        exons={"transcript": [0] * len(exons), "start": [a for a, _ in exons], "end": [b for _, b in exons]},
        cds={**parts, "phase": [0] * len(cds)},
    )


def test_motifs_of_both_strands():
    text = "CC" + "ATGAAA" + "GTCCAG" + "AAATAA" + "CC"
    codes = text_to_codes(text)
    segments = [(2, 8), (14, 20)]
    for strand, sequence in ((0, codes), (1, reverse_complement(codes))):
        own = segments if strand == 0 else [(len(text) - b, len(text) - a) for a, b in reversed(segments)]
        models = one_gene(strand, own, own)
        found = count_motifs(models, np.array([0, len(text)]), lambda a, b, s=sequence: s[a:b])
        assert found == ({"ATG": 1}, {"TAA": 1}, {"GT-AG": 1})
        cut = one_gene(strand, own, own, partial5=True)
        found = count_motifs(cut, np.array([0, len(text)]), lambda a, b, s=sequence: s[a:b])
        assert found == ({}, {"TAA": 1}, {"GT-AG": 1})


def test_cards_of_every_kind_make_a_section():
    assert training_section([]).missing
    bare = {"name": None, "scores": [], "verdict": None, "training_stores": ["only a digest"]}
    assert "nothing of its training" in "".join(training_section([bare]).parts)
    rows = [{"epoch": e, "step": 7 * e, "genic_f1": 0.5 + e / 10, "cds_f1": None, "loss": 1.0} for e in range(3)]
    some = {"name": "<one>", "scores": rows, "verdict": {"text": "a & b"}, "training_stores": []}
    text = "".join(training_section([some, {**some, "name": "two"}]).parts)
    assert "&lt;one&gt;" in text
    assert "a &amp; b" in text
    assert "Genic F1 of all models" in text


def test_measures_of_one_value_have_no_curve():
    values = np.linspace(0, 1, 20)
    table = xr.Dataset(coords={"gc": ("window", values), "soft_masked": ("window", np.zeros(20))})
    page = "".join(_measures(Chosen(table, values < 0.5, np.ones(20)), []))
    assert page.count("<td>soft masked</td>") == page.count("<td>G and C</td>") == 1
    assert page.count("<svg") == 1
