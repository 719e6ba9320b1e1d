"""The learning rate by step."""

import pytest

from helixdask.trainer.tuning.schedule import Schedule


def test_warm_up_rises_to_the_peak():
    schedule = Schedule(1.0, 4, "none", 100)
    assert [schedule.rate(step) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


@pytest.mark.parametrize(("decay", "middle"), [("linear", 0.5), ("cosine", 0.5), ("none", 1.0)])
def test_decay_ends_at_nothing(decay, middle):
    schedule = Schedule(1.0, 10, decay, 110)
    assert schedule.rate(10) == 1.0
    assert schedule.rate(60) == pytest.approx(middle)
    assert schedule.rate(110) == pytest.approx(0.0 if decay != "none" else 1.0)
    assert schedule.rate(200) >= 0.0
