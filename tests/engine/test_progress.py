"""Lines come each minute and each twentieth of the work, with rate and time left; nothing depends on the real clock."""

import logging
import threading

import pytest

from helixdask.engine import progress
from helixdask.engine.progress import Pace, WorkProgress, tell_awaited, tell_inside
from helixdask.engine.run import run_stage
from tests.engine.toy import HERE, LENGTHS, ToyStage, make_store


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(caplog):
    """Records of progress so far."""
    caplog.set_level(logging.INFO, "helixdask")
    return lambda: [record for record in caplog.records if getattr(record, "told", {}).get("kind") == "progress"]


def test_each_minute_and_each_twentieth(clock):
    pace = Pace(clock)
    assert not pace.is_due(0.9)  # only just begun
    clock.now = 5
    assert pace.is_due(0.05)
    assert not pace.is_due(0.049)
    pace.told(0.049)
    clock.now = 9
    assert not pace.is_due(0.5)
    clock.now = 11
    assert pace.is_due(0.5)
    assert not pace.is_due(1.0)  # what follows tells that it is finished
    clock.now = 64.9
    assert not pace.is_due(0.05)
    assert pace.seconds_until_due == pytest.approx(0.1)
    clock.now = 65
    assert pace.is_due(0.05)
    pace.begin(0.5)
    clock.now = 80
    pace.told(0.5)
    clock.now = 90
    assert not pace.is_due(0.54)
    assert pace.is_due(0.56)


def test_an_hour_of_steady_work_is_a_line_a_minute(clock, lines):
    with WorkProgress("x", 3600, clock=clock) as shown:
        for _ in range(3600):
            clock.now += 1
            shown.advance(1)
    assert [record.told["done"] for record in lines()] == [*range(60, 3601, 60)]
    assert lines()[29].getMessage() == "x: 50 %, 1.8 k of 3.6 k bases, 1 bases/s, 30 min left"
    assert lines()[29].told["seconds_left"] == 1800


def test_what_was_done_before_counts_for_the_share_and_not_for_the_rate(clock, lines):
    with WorkProgress("x", 1000, done=500, clock=clock) as shown:
        clock.now = 10
        shown.advance(100)
        clock.now = 20
        shown.advance(100)
    first, second = [record.told for record in lines()]
    assert first | {"rate": None, "seconds_left": None, "done": 600, "total": 1000} == first
    assert second | {"rate": 10.0, "seconds_left": 30.0, "done": 700, "total": 1000} == second


def test_pieces_that_are_not_finished_count_until_they_are(clock, lines):
    with WorkProgress("x", 100, clock=clock) as shown:
        clock.now = 10
        tell_inside("a", 10)
        clock.now = 20
        tell_inside("b", 6)
        clock.now = 30
        shown.advance(50, "a")
        clock.now = 40
        shown.advance(50, "b")
    assert [record.told["done"] for record in lines()] == [10, 16, 56]
    tell_inside("a", 1)  # nothing is running: nobody is told


def test_what_is_waited_for_is_said_and_is_no_work(clock, lines):
    with WorkProgress("x", 100, clock=clock) as shown:
        tell_awaited("starting 2 worker processes")
        clock.now = 60
        shown.at(0)
        tell_awaited("waiting for the first results of 2 workers")
        clock.now = 120
        shown.at(0)
        clock.now = 160
        shown.advance(25)
        tell_awaited("a worker that joins late")
        clock.now = 200
        shown.advance(25)
    assert [record.getMessage() for record in lines()] == [
        "x: 0 %, 0 of 100 bases, starting 2 worker processes, 60 s so far",
        "x: 0 %, 0 of 100 bases, waiting for the first results of 2 workers, 2 min so far",
        "x: 25 %, 25 of 100 bases, 0.2 bases/s, 5 min left",
        "x: 50 %, 50 of 100 bases, 0.6 bases/s, 80 s left",
    ]
    assert [bool(record.told["awaited"]) for record in lines()] == [True, True, False, False]
    tell_awaited("nothing is running: nobody is told")


def test_what_starting_takes_is_not_in_the_time_left(clock, lines):
    """Twenty seconds of imports and compiling, and then a base each tenth of a second."""
    with WorkProgress("x", 1000, clock=clock):
        tell_awaited("starting TensorFlow")
        clock.now = 20
        for done in range(1, 1001):
            tell_inside("all of it", done)
            clock.now += 0.1
    told = [record.told for record in lines() if record.told["done"] > 1]
    assert len(told) > 10
    for each in told:
        assert each["seconds_left"] == pytest.approx((1000 - each["done"]) * 0.1)


def test_pieces_that_are_finished_in_bursts_are_looked_at_together(clock, lines):
    """Four workers that begin at once, and are done within a second of each other."""
    with WorkProgress("x", 40, clock=clock) as shown:
        tell_awaited("waiting for the first results of 4 workers", 4)
        for burst in range(10):
            for n in range(4):
                clock.now = 30 + 10 * (burst + 1) + n / 4
                shown.advance(1)
    told = [record.told for record in lines()]
    assert [each["seconds_left"] for each in told if each["done"] <= 4] == [None]
    for each in told[2:]:
        assert each["rate"] == pytest.approx(0.4, rel=0.1)


def test_without_an_amount_it_is_said_how_long_it_takes(clock, lines, monkeypatch):
    with WorkProgress("reading", None, clock=clock) as shown:
        clock.now = 120
        shown.at(0)
        shown.begin(10, "counting", "genes")
        clock.now = 180
        shown.at(0)
        clock.now = 240
        shown.at(5, "fast", seconds_left=7, loss=0.5)
    texts = [record.getMessage() for record in lines()]
    assert texts[0] == "reading: 2 min so far"
    assert texts[1] == "counting: 0 %, 0 of 10 genes, 3 min so far"
    assert texts[2] == "counting: 50 %, 5 of 10 genes, fast, 7.0 s left"
    assert lines()[2].told["loss"] == 0.5


def test_silence_ends_after_a_minute_also_where_nothing_is_finished(clock, lines, monkeypatch):
    beats = threading.Event()

    class Due(Pace):
        seconds_until_due = 0.0

    class Listening(logging.Handler):
        def emit(self, record):
            beats.set()

    listening = Listening()
    logging.getLogger("helixdask").addHandler(listening)
    monkeypatch.setattr(progress, "Pace", Due)
    with WorkProgress("x", 10, clock=clock):
        clock.now = 61
        assert beats.wait(1200)
    logging.getLogger("helixdask").removeHandler(listening)
    assert lines()[0].getMessage() == "x: 0 %, 0 of 10 bases, 61 s so far"


def test_each_stage_tells_its_regions(tmp_path, lines, monkeypatch):
    class Always(Pace):
        def is_due(self, share=0.0):
            return share > 0

    monkeypatch.setattr(progress, "Pace", Always)
    store = make_store(str(tmp_path / "s.zarr"), LENGTHS)
    run_stage(ToyStage(str(tmp_path)), store.url, HERE)
    told = [record.told for record in lines()]
    assert {(each["title"], each["total"], each["unit"]) for each in told} == {("labels/toy", sum(LENGTHS), "bases")}
    assert told[-1]["done"] == sum(LENGTHS)
    assert [each["done"] for each in told] == sorted(each["done"] for each in told)
