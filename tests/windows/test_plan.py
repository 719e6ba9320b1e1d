"""The rule of overlapping windows, without a network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.trainer.prediction.merge import add_predictions, count_contributions
from helixdask.windows.plan import WindowRule, plan_windows


def whole(length, rule):
    return plan_windows(*(np.array([value], np.int64) for value in (0, length, 0, length)), rule)


def merged(windows, predicted, length, start=0):
    total = np.zeros((2, predicted.shape[2], length), np.float32)
    counts = np.zeros((2, length), np.uint16)
    add_predictions(total, start, predicted, windows)
    count_contributions(counts, start, windows)
    return total, counts


def test_worked_example_of_three_rows():
    rule = WindowRule(8, 4, 1)
    windows = whole(24, rule)
    plus = windows.take(slice(0, 5))
    assert plus.spans.position.tolist() == [0, 4, 8, 12, 16]
    predicted = np.repeat(np.arange(1, 6, dtype=np.float32), 8).reshape(5, 8, 1)
    total, counts = merged(plus, predicted, 24)
    rows = (total[0, 0] / counts[0]).reshape(3, 8)
    assert rows.tolist() == [
        [1, 1, 1, 1, 1, 1.5, 1.5, 2],
        [2, 2.5, 2.5, 3, 3, 3.5, 3.5, 4],
        [4, 4.5, 4.5, 5, 5, 5, 5, 5],
    ]


def test_minus_strand_is_the_mirror_image_of_the_padded_contig():
    windows = whole(21, WindowRule(8, 4, 1))  # padded to 24
    minus = windows.take(slice(5, None))
    assert set(minus.spans.strand.tolist()) == {1}
    assert minus.spans.position.tolist() == [16, 12, 8, 4, 0]
    assert minus.keep_start.tolist() == [17, 13, 9, 5, 0]
    assert minus.keep_stop.tolist() == [21, 19, 15, 11, 7]


def test_one_more_window_ends_at_the_end_where_the_offset_does_not_divide():
    windows = whole(24, WindowRule(8, 3, 1))
    starts = {strand: windows.spans.position[windows.spans.strand == strand].tolist() for strand in (0, 1)}
    assert starts == {0: [0, 3, 6, 9, 12, 15, 16], 1: [16, 13, 10, 7, 4, 1, 0]}


def test_without_overlap_each_base_has_one_window():
    rule = WindowRule.of(9, overlap=False)
    windows = whole(20, rule)
    assert windows.spans.position.tolist() == [0, 9, 18, 18, 9, 0]
    _, counts = merged(windows, np.zeros((6, 9, 1), np.float32), 20)
    assert (counts == 1).all()


def test_defaults_are_half_a_window_and_a_core_of_three_quarters():
    assert WindowRule.of(21384, overlap=True) == WindowRule(21384, 10692, 2673)


@pytest.mark.parametrize(("offset", "core"), [(0, 6), (7, 6), (4, 9), (4, 0)])
def test_a_rule_that_leaves_gaps_is_refused(offset, core):
    with pytest.raises(BadInputError):
        WindowRule.of(8, overlap=True, offset=offset, core_length=core)


rules = st.tuples(st.integers(1, 12), st.integers(0, 4), st.integers(1, 12)).filter(lambda r: r[2] <= r[0] - 2 * r[1])


@given(rules, st.lists(st.integers(1, 40), min_size=1, max_size=4), st.data())
def test_regions_say_what_the_whole_genome_says(numbers, lengths, data):
    rule = WindowRule(numbers[0], numbers[2], numbers[1])
    lengths = np.array(lengths, np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    cut = data.draw(st.integers(0, int(offsets[-1])))

    def value(windows):  # anything that tells windows apart
        contig = np.searchsorted(offsets, windows.spans.position, side="right")[:, None] - 1
        start = windows.spans.position[:, None] - offsets[contig]
        at = np.arange(rule.length) + 100 * start + 7 * windows.spans.strand[:, None]
        return (at + 10_000 * contig).astype(np.float32)[..., None]

    def region(start, stop):
        begin, end = np.maximum(offsets[:-1], start), np.minimum(offsets[1:], stop)
        rows = np.flatnonzero(end > begin)
        here = offsets[:-1][rows]
        windows = plan_windows(here, lengths[rows], begin[rows] - here, end[rows] - here, rule)
        total = np.zeros((2, 1, stop - start), np.float32)
        counts = np.zeros((2, stop - start), np.uint16)
        add_predictions(total, start, value(windows), windows)
        count_contributions(counts, start, windows)
        assert (counts > 0).all()
        return total / counts[:, None]

    together = region(0, int(offsets[-1]))
    parts = [region(0, cut), region(cut, int(offsets[-1]))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), together)


def test_positions_far_beyond_32_bits():
    far = 2**33 + 5
    windows = plan_windows(*(np.array([value]) for value in (far, 6, 0, 6)), WindowRule(8, 8, 0))
    assert windows.spans.position.tolist() == [far, far]
    assert windows.spans.size.tolist() == [6, 6]
    total = np.zeros((2, 1, 6), np.float32)
    add_predictions(total, far, np.ones((2, 8, 1), np.float32), windows)
    assert (total == 1).all()
