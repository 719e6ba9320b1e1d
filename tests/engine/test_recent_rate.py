"""The recent rate: what starting takes is left out, bursts are evened out, and changes are followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.engine.recent_rate import RecentRate

_SECONDS = st.floats(0.5, 300)


@given(start=st.floats(0, 3600), each=_SECONDS, at_once=st.integers(1, 64), jitter=st.floats(0, 0.2), data=st.data())
def test_after_two_rounds_the_rate_is_about_right_however_long_starting_took(start, each, at_once, jitter, data):
    rate = RecentRate(100.0, at_once=at_once)
    late = data.draw(st.lists(st.floats(0, 1), min_size=at_once, max_size=at_once))
    ends = sorted(
        100 + start + each * (n + 1) * (1 + jitter * late[worker]) for worker in range(at_once) for n in range(6)
    )
    for done, now in enumerate(ends, start=1):
        rate.saw(now, done)
        if done >= 2 * at_once:
            found = rate.per_second(now)
            assert found is not None
            assert 0.4 < found * each / at_once < 2.5


@given(start=st.floats(0, 3600), each=_SECONDS, before=st.floats(0, 1e6), amount=st.floats(1, 1e6))
def test_steady_work_in_one_place_is_right_from_the_second_piece_on(start, each, before, amount):
    rate = RecentRate(0.0, before)
    for n in range(1, 10):
        now = start + n * each
        rate.saw(now, before + n * amount)
        rate.saw(now + each / 2, before + n * amount)  # nothing new
        if n > 1:
            assert rate.per_second(now) == pytest.approx(amount / each, rel=1e-6)


def test_nothing_is_said_while_nothing_is_known():
    rate = RecentRate(0.0, 50.0)
    assert rate.per_second(0.0) is None
    rate.saw(0.0, 60.0)  # no time has passed
    assert rate.per_second(0.0) is None
    rate.saw(10.0, 70.0)
    assert rate.per_second(59.0) is None
    assert rate.per_second(80.0) == 0.25  # twenty in eighty seconds: it may well be that starting took long


def test_work_that_slows_down_or_stands_still_is_noticed():
    rate = RecentRate(0.0)
    for n in range(1, 101):
        rate.saw(float(n), float(n))
    assert rate.per_second(100.5) == pytest.approx(1.0)
    assert rate.per_second(400.0) < 0.5
    for n in range(1, 11):
        rate.saw(100 + 100.0 * n, 100.0 + n)
    assert rate.per_second(1100.0) == pytest.approx(0.01, rel=0.1)


def test_work_that_grows_faster_is_noticed():
    rate = RecentRate(0.0)
    for n in range(1, 7):
        rate.saw(100.0 * n, float(n))
    for n in range(1, 601):
        rate.saw(600.0 + n, 6.0 + n)
    assert rate.per_second(1200.0) == pytest.approx(1.0, rel=0.05)
