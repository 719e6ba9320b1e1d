"""The verdict by evidence, on counts that are made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.scores.evidence import COLUMNS, TERMS
from helixdask.trainer.tuning.criterion import criterion, explained, judge, judgement_in_words
from helixdask.trainer.tuning.gene_counts import Counts


def counts_of(recall, precision, *, n_blocks=40, size=1000, n_genes=100, terms=TERMS, seed=0):
    """Blocks with some noise; terms that are not named have no evidence."""
    rng = np.random.default_rng(seed)
    evidence = np.zeros((n_blocks, len(TERMS), len(COLUMNS)), np.int64)
    for name in terms:
        noise = np.clip(rng.normal([[recall], [precision]], 0.02, (2, n_blocks)), 0, 1)
        found, called = (size * noise[0]).astype(int), (size * noise[0] / noise[1]).astype(int)
        of_all = np.full(n_blocks, size), called, found, found
        evidence[:, TERMS.index(name), :4] = np.stack(of_all, -1)
        if name == "coverage":
            evidence[:, TERMS.index(name), -1] = 4 * size
    return Counts(np.zeros((1, 2, 4), np.int64), evidence, n_genes)


@pytest.mark.parametrize(
    ("tuned", "base", "outcome"),
    [
        (counts_of(0.7, 0.7), counts_of(0.5, 0.5, seed=1), "better"),
        (counts_of(0.5, 0.5), counts_of(0.7, 0.7, seed=1), "not better"),
        (counts_of(0.5, 0.5), counts_of(0.5, 0.5, seed=1), "cannot tell"),
        (counts_of(0.7, 0.7, n_blocks=5), counts_of(0.5, 0.5, n_blocks=5), "cannot tell"),
        (counts_of(0.7, 0.7, terms=()), counts_of(0.5, 0.5, terms=()), "cannot tell"),
        (counts_of(0.9, 0.4), counts_of(0.6, 0.6, seed=1), "not better"),  # calling more is not enough by itself
        (counts_of(0.3, 0.9), counts_of(0.6, 0.6, seed=1), "not better"),  # nor is calling less
    ],
)
def test_outcomes(tuned, base, outcome):
    found = judge(tuned, base, reads_seen=False)
    assert found["outcome"] == outcome
    assert (found["reason"] == "") is (outcome != "cannot tell")
    if found["gain"]:
        gain, low, high = found["gain"]
        assert low <= gain <= high


def test_a_number_of_genes_that_changes_much_needs_reads():
    base = counts_of(0.5, 0.5, terms=("frames",), seed=1)
    alone = judge(counts_of(0.7, 0.7, terms=("frames",)), base, reads_seen=False)
    assert alone["outcome"] == "cannot tell"
    assert "reading frames alone" in alone["reason"]
    many = judge(counts_of(0.7, 0.7, terms=("frames",), n_genes=140), base, reads_seen=False)
    assert many["outcome"] == "cannot tell"
    assert "+40 %" in judgement_in_words(many)
    base = counts_of(0.5, 0.5, seed=1)
    assert judge(counts_of(0.7, 0.7, n_genes=140), base, reads_seen=False)["outcome"] == "better"
    assert judge(counts_of(0.7, 0.7, n_genes=140), base, reads_seen=True)["outcome"] == "cannot tell"


def test_what_was_used_is_named():
    of = {"reads_seen": True, "source": "protein alignments"}
    found = judge(counts_of(0.7, 0.7, n_genes=140), counts_of(0.5, 0.5, seed=1), **of)
    assert "no protein alignments confirm it" in found["reason"]
    assert "introns and spliced protein alignments +0." in judgement_in_words(found)
    assert (
        "neither enough protein alignments"
        in judge(counts_of(0, 1, terms=()), counts_of(0, 1, terms=()), **of)["reason"]
    )


def test_one_term_that_gets_worse_is_told():
    tuned, base = counts_of(0.8, 0.8), counts_of(0.5, 0.5, seed=1)
    tuned.evidence[:, 0] = counts_of(0.3, 0.3).evidence[:, 0]
    found = judge(tuned, base, reads_seen=False)
    assert found["outcome"] == "cannot tell"
    assert "worse with junctions" in found["reason"]


def test_reads_that_the_model_sees_confirm_nothing():
    """A model that copies coverage calls all that is covered, and all that it calls is covered."""
    copies, base = counts_of(0.7, 0.95, terms=("coverage",)), counts_of(0.7, 0.6, terms=("coverage",))
    assert judge(copies, base, reads_seen=False)["outcome"] == "better"
    assert judge(copies, base, reads_seen=True)["outcome"] == "cannot tell"


def test_the_score_for_choosing_a_check():
    assert criterion(counts_of(0.5, 0.5, terms=()), reads_seen=False) is None
    worse, better = (criterion(counts_of(share, share), reads_seen=False) for share in (0.5, 0.6))
    assert worse < better


def test_utrs_that_reads_cover_less_than_coding_bases_are_no_loss():
    """A base that is covered with .2 is no reason against a UTR where only .02 of what lies between genes is."""
    covered, coding, utr, between = 0.5, 400, 200, 1000
    without_utrs = [covered * coding + 0.2 * utr + 0.02 * between, coding, 0, covered * coding, 0, 0, 1600]
    with_utrs = [without_utrs[0], coding + utr, 0, covered * coding + 0.2 * utr, utr, 0.2 * utr, 1600]
    too_long = [without_utrs[0], 1100, 0, covered * coding + 0.2 * utr + 10, 700, 0.2 * utr + 10, 1600]
    scores = explained(np.array([without_utrs, with_utrs, too_long]))
    assert scores[1] > scores[0]
    assert scores[1] > scores[2]


@given(seed=st.integers(0, 10_000))
def test_what_genes_tell_of_reads_is_a_share_and_more_parts_never_tell_less(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 50, 3)
    coding, utr, between = (int(rng.integers(0, size + 1)) for size in sizes)
    n, covered = int(sizes.sum()), coding + utr + between
    merged = [covered, sizes[0] + sizes[1], 0, coding + utr, 0, 0, n]
    apart = [covered, sizes[0] + sizes[1], 0, coding + utr, sizes[1], utr, n]
    scores = explained(np.array([merged, apart]))
    assert (scores >= -1e-9).all()
    assert (scores <= 1 + 1e-9).all()
    assert scores[1] >= scores[0] - 1e-9
