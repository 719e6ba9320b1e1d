"""Figures are well-formed, put values where they belong, and say in words what they show."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.charts.axes import Scale
from helixdask.charts.matrix import matrix
from helixdask.charts.plots import Series, columns, curves, histogram
from helixdask.charts.strips import LANE, bar, lane_key, lanes

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(3, 8))
def test_ticks_lie_within_the_ends_and_ascend(low, span, n):
    scale = Scale(low, low + span, 0, 100)
    ticks = scale.ticks(n)
    assert 1 <= len(ticks) <= 2 * n + 3
    assert all(low - 1e-6 * span <= tick <= low + span + 1e-6 * span for tick in ticks)
    assert ticks == sorted(ticks)


@given(st.lists(FINITE, min_size=1, max_size=20), FINITE, st.floats(1e-3, 1e9))
def test_places_keep_order_and_stay_between_the_ends(values, low, span):
    scale = Scale(low, low + span, 200, 10)  # upwards, as the vertical axis
    places = scale(sorted(values))
    assert ((places >= 10) & (places <= 200)).all()
    assert (np.diff(places) <= 0).all()


def test_a_logarithmic_scale_gives_each_power_the_same_room():
    assert Scale(1, 1000, 0, 30, log=True)([1, 10, 100, 1000]).round(9).tolist() == [0, 10, 20, 30]


def parsed(text):
    return ElementTree.fromstring(f"<div>{text}</div>")


def test_every_figure_is_well_formed_and_told_in_words():
    some = [Series(name, np.array([0.1, np.nan, 0.4]), np.array([1.0, 2, 3])) for name in ("a <b>", "c & d")]
    counts = [Series("one", np.array([3.0, 0, 2])), Series("two", np.array([1.0, 5, 0]))]
    figures = [
        curves(some, "F1", "step", "score", levels=[("base", 0.2)]),
        histogram(np.array([1.0, 10, 100, 1000]), counts, "Lengths", "bases", "share", log=True),
        columns(["x", "y", "z"], counts, "Counts", "kind", "number"),
        matrix(np.eye(3) + 0.2, ["a", "b", "c"], "Shared", "a and b share a fifth", np.array([0, 0, 2])),
    ]
    for text in figures:
        (svg,) = parsed(text).iter("svg")
        assert svg.get("role") == "img"
        assert len(svg.get("aria-label")) > 20
        assert float(svg.get("width")) <= 340
        assert "http" not in text


def test_series_differ_without_colour():
    text = curves([Series(str(i), np.arange(3.0), np.arange(3.0)) for i in range(6)], "t", "x", "y")
    drawn = re.findall(r'<path d="M[^"]*L[^"]*" fill="none" stroke="[^"]*" stroke-width="1.6"([^/]*)/>', text)
    assert len(drawn) == len(set(drawn)) == 6


def test_a_curve_without_variation_can_be_drawn():
    assert "nan" not in curves([Series("flat", np.full(1, 0.5), np.full(1, 7.0))], "t", "x", "y")


def test_columns_are_as_high_as_their_values():
    text = columns(["a", "b"], [Series("n", np.array([10.0, 5.0]))], "t", "x", "y")
    heights = [float(rect.get("height")) for rect in parsed(text).iter("rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


@given(st.lists(st.lists(st.sampled_from([0.0, 0.2, 1.0]), min_size=5, max_size=5), min_size=1, max_size=4))
def test_lanes_hold_a_block_for_each_run(rows):
    shares = np.array(rows)
    svg = next(parsed(lanes(shares, 0.5, "told")).iter("svg"))
    assert svg.get("viewBox") == f"0 0 1000 {LANE * len(rows)}"
    runs = sum(int(((row > 0) & (row != np.append(-1, row[:-1]))).sum()) for row in shares)
    assert sum(path.get("d").count("M") for path in svg.iter("path")) == runs


def test_bars_and_keys_are_well_formed():
    widths = [int(rect.get("width")) for rect in parsed(bar(1, 4, 8)).iter("rect")]
    assert widths == [500, 125]
    assert "a &amp; b" in lane_key(["a & b"])
    parsed(lane_key(["a & b"]))


def test_curves_keep_clear_of_the_frame_and_counts_have_whole_ticks():
    one = [Series("a", np.array([0.2, 0.4]), np.array([1.0, 2]))]
    (line,) = [path for path in parsed(curves(one, "F1", "step", "score")).iter("path") if "L" in path.get("d")]
    heights = [float(point.split()[1]) for point in line.get("d")[1:].split("L")]
    frames = [float(place) for place in re.findall(r"M44 ([\d.]+)H330", curves(one, "F1", "step", "score"))]
    assert max(heights) < max(frames) - 3
    for most, ticks in ((1.0, {"0", "1"}), (2.0, {"0", "1", "2"}), (2.5, {"0", "0.5", "1", "1.5", "2", "2.5"})):
        texts = {
            text.text for text in parsed(columns(["x"], [Series("n", np.array([most]))], "t", "k", "n")).iter("text")
        }
        assert texts - {"x", "k", "n", "t"} == ticks
