"""What is said about a tuned model."""

from __future__ import annotations

import pytest

from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.verdict import verdict_of


def scores(f1):
    return {"genic": {"f1": f1}}


def state_of(epoch, tuned, base):
    return LoopState(8, best_epoch=epoch, best_scores=tuned, base_scores=base)


@pytest.mark.parametrize(
    ("tuned", "base", "pseudolabels", "better", "says"),
    [
        (0.6, 0.5, False, True, "Better than the base model"),
        (0.6, 0.5, True, True, "Better than the base model"),
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
