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
    ("tuned", "base", "outcome", "says"),
    [
        (0.6, 0.5, "better", "Better than the base model"),
        (0.5, 0.5, "not better", "NOT better than the base model"),
    ],
)
def test_known_genes_decide(tuned, base, outcome, says):
    verdict = verdict_of(state_of(3, scores(tuned), scores(base)), 10)
    assert verdict["outcome"] == outcome
    assert verdict["better"] is (outcome == "better")
    assert says in verdict["text"]
    assert "epoch 3" in verdict["text"]


@pytest.mark.parametrize("outcome", ["better", "not better", "cannot tell"])
@pytest.mark.parametrize("tuned", [0.4, 0.6])
def test_labels_that_were_predicted_decide_nothing(tuned, outcome):
    judgement = {"outcome": outcome, "reason": "", "gain": None, "terms": {}, "n_genes": {"base": 90, "tuned": 100}}
    nothing = np.zeros((1, 2, 4), np.int64)
    genes = GeneCounts(("gene", "exon"), 1000, nothing, nothing, judgement)
    verdict = verdict_of(state_of(3, scores(tuned), scores(0.5)), 10, pseudolabels=True, genes=genes)
    assert verdict["outcome"] == outcome
    assert verdict["better"] is (outcome == "better")
    assert verdict["evidence"] == judgement
    assert "100 genes called, 90 by the base" in verdict["text"]
    ended_early = verdict_of(state_of(3, scores(tuned), scores(0.5)), 10, pseudolabels=True)
    assert ended_early["outcome"] == "cannot tell"


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
    assert verdict["outcome"] == "not better"
    assert verdict["genes"]["gene"]["gain"][0] == pytest.approx(-0.2)
    assert (
        "no gene lies whole"
        in verdict_of(
            state_of(1, scores(0.6), scores(0.5)),
            10,
            genes=GeneCounts(("gene", "exon"), 0, 0 * counts[4], 0 * counts[6]),
        )["text"]
    )
