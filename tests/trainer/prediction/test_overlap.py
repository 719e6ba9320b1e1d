"""The rule of overlapping windows, without a network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.sequence.codes import PADDING, reverse_complement, text_to_codes
from helixdask.trainer.prediction.overlap import (
    WindowRule,
    add_predictions,
    count_contributions,
    fill_codes,
    fill_coverage,
    plan_windows,
)


def whole(length, rule):
    return plan_windows(*(np.array([value], np.int64) for value in (0, length, 0, length)), rule)


def merged(windows, predicted, length, start=0):
    total = np.zeros((2, predicted.shape[2], length), np.float32)
    counts = np.zeros((2, length), np.uint16)
    zero = np.zeros(len(windows), np.int64)
    add_predictions(total, start, predicted, zero, windows)
    count_contributions(counts, start, zero, windows)
    return total, counts


def test_worked_example_of_three_rows():
    rule = WindowRule(8, 4, 1)
    windows = whole(24, rule)
    plus = windows.take(slice(0, 5))
    assert plus.start.tolist() == [0, 4, 8, 12, 16]
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
    assert set(minus.strand.tolist()) == {1}
    assert minus.start.tolist() == [16, 12, 8, 4, 0]
    assert minus.keep_start.tolist() == [17, 13, 9, 5, 0]
    assert minus.keep_stop.tolist() == [21, 19, 15, 11, 7]


def test_one_more_window_ends_at_the_end_where_the_offset_does_not_divide():
    windows = whole(24, WindowRule(8, 3, 1))
    starts = {strand: windows.start[windows.strand == strand].tolist() for strand in (0, 1)}
    assert starts == {0: [0, 3, 6, 9, 12, 15, 16], 1: [16, 13, 10, 7, 4, 1, 0]}


def test_without_overlap_each_base_has_one_window():
    rule = WindowRule.of(9, overlap=False)
    windows = whole(20, rule)
    assert windows.start.tolist() == [0, 9, 18, 18, 9, 0]
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
        at = np.arange(rule.length) + 100 * windows.start[:, None] + 7 * windows.strand[:, None]
        return (at + 10_000 * windows.contig[:, None]).astype(np.float32)[..., None]

    def region(start, stop):
        begin, end = np.maximum(offsets[:-1], start), np.minimum(offsets[1:], stop)
        rows = np.flatnonzero(end > begin)
        windows = plan_windows(rows, lengths[rows], (begin - offsets[:-1])[rows], (end - offsets[:-1])[rows], rule)
        total = np.zeros((2, 1, stop - start), np.float32)
        counts = np.zeros((2, stop - start), np.uint16)
        at = offsets[windows.contig]
        add_predictions(total, start, value(windows), at, windows)
        count_contributions(counts, start, at, windows)
        assert (counts > 0).all()
        return total / counts[:, None]

    together = region(0, int(offsets[-1]))
    parts = [region(0, cut), region(cut, int(offsets[-1]))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), together)


def test_codes_and_coverage_are_read_along_their_strand():
    codes = text_to_codes("NNACGTGC")  # the contig is the last six bases
    contig_start, length = np.array([2, 2]), np.array([6, 6])
    windows = whole(6, WindowRule(8, 8, 0))
    out = np.empty((3, 8), np.uint8)
    fill_codes(out, codes, 0, contig_start, length, windows)
    assert out[0].tolist() == [*text_to_codes("ACGTGC"), PADDING, PADDING]
    assert out[1].tolist() == [PADDING, PADDING, *reverse_complement(text_to_codes("ACGTGC"))]
    assert (out[2] == PADDING).all()

    counts = np.array([[9, 9, 1, 2, 3, 4, 5, 6], [9, 9, 10, 20, 30, 40, 50, 60]], np.uint32)
    coverage = np.zeros((3, 8, 2), np.float32)
    fill_coverage(coverage, 1, counts, 0, contig_start, length, windows)
    assert coverage[0, :, 1].tolist() == [1, 2, 3, 4, 5, 6, -1, -1]
    assert coverage[1, :, 1].tolist() == [-1, -1, 60, 50, 40, 30, 20, 10]
    assert (coverage[2, :, 1] == -1).all()
    assert not coverage[..., 0].any()


def test_positions_far_beyond_32_bits():
    far = 2**33 + 5
    windows = whole(6, WindowRule(8, 8, 0))
    at, length = np.array([far, far]), np.array([6, 6])
    out = np.empty((2, 8), np.uint8)
    fill_codes(out, text_to_codes("ACGTGC"), far, at, length, windows)
    assert out[0, :6].tolist() == text_to_codes("ACGTGC").tolist()
    total = np.zeros((2, 1, 6), np.float32)
    add_predictions(total, far, np.ones((2, 8, 1), np.float32), at, windows)
    assert (total == 1).all()
