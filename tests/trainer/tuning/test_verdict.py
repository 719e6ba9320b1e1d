"""What is said about a tuned model."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.verdict import GeneCounts, verdict_of


def scores(f1):
    return {"genic": {"f1": f1}}


def state_of(epoch, tuned, base):
    return LoopState(8, best_epoch=epoch, best_scores=tuned, base_scores=base)


@pytest.mark.parametrize(
    ("tuned", "base", "pseudolabels", "better", "says"),
    [
        (0.6, 0.5, False, True, "Better than the base model"),
        (0.6, 0.5, True, True, "Better by its own pseudolabels"),
        (0.5, 0.5, False, False, "NOT better than the base model"),
        (0.4, 0.5, True, False, "by construction"),
    ],
)
def test_better_or_not(tuned, base, pseudolabels, better, says):
    verdict = verdict_of(state_of(3, scores(tuned), scores(base)), 10, pseudolabels=pseudolabels)
    assert verdict["better"] is better
    assert says in verdict["text"]
    assert "epoch 3" in verdict["text"]


def test_without_a_base_or_an_epoch():
    assert verdict_of(state_of(1, scores(0.4), None), 10)["better"]
    assert "not tested" in verdict_of(state_of(0, {}, scores(0.5)), 10)["text"]


def test_still_rising_at_the_end():
    state = state_of(2, scores(0.6), scores(0.5))
    state.history = [{"epoch": epoch} for epoch in range(3)]
    assert "more --epochs" in verdict_of(state, 10, ended=True)["text"]
    assert "more --epochs" not in verdict_of(state, 10)["text"]
    state.waited = 1
    assert "more --epochs" not in verdict_of(state, 10, ended=True)["text"]


def test_genes_that_got_worse_are_told():
    counts = {better: np.tile([[10, 10, better, better]], (30, 2, 1)) for better in (4, 6)}
    genes = GeneCounts(("gene", "exon"), 1000, counts[4], counts[6])
    verdict = verdict_of(state_of(1, scores(0.6), scores(0.5)), 10, genes=genes)
    assert "whole genes got worse" in verdict["text"]
    assert verdict["genes"]["gene"]["gain"][0] == pytest.approx(-0.2)
    assert (
        "no gene lies whole"
        in verdict_of(
            state_of(1, scores(0.6), scores(0.5)),
            10,
            genes=GeneCounts(("gene", "exon"), 0, 0 * counts[4], 0 * counts[6]),
        )["text"]
    )
