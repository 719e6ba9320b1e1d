import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.windows.grid import WindowGrid

lengths_strategy = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def test_rows_of_a_short_contig():
    windows = WindowGrid(np.array([13, 4]), 5).windows()
    assert windows.contig.tolist() == [0] * 6 + [1, 1]
    assert windows.start.tolist() == [0, 5, 10, 10, 5, 0, 0, 0]
    assert windows.end.tolist() == [5, 10, 13, 13, 10, 5, 4, 4]
    assert windows.strand.tolist() == [0, 0, 0, 1, 1, 1, 0, 1]
    assert (windows.end - windows.start < 5).tolist() == [False, False, True, True, False, False, True, True]
    assert [column.dtype.name for column in windows] == ["int32", "int64", "int64", "int8"]


def test_a_window_length_of_nothing_is_refused():
    with pytest.raises(BadInputError):
        WindowGrid(np.array([10]), 0)


@given(lengths_strategy, st.integers(1, 15))
def test_every_base_is_in_one_window_per_strand_and_rows_can_be_found_again(lengths, window_length):
    grid = WindowGrid(np.array(lengths), window_length)
    windows = grid.windows()
    assert len(windows.start) == len(grid)
    depth = [np.zeros((2, length), int) for length in lengths]
    for contig, start, end, strand in zip(*windows, strict=True):
        assert start % window_length == 0
        depth[contig][strand, start:end] += 1
    assert all((d == 1).all() for d in depth)
    k = windows.start // window_length
    assert (grid.row(windows.contig, k, windows.strand) == np.arange(len(grid))).all()


@given(lengths_strategy, st.integers(1, 15), st.data())
def test_regions_share_out_the_windows_without_loss_or_repeat(lengths, window_length, data):
    grid = WindowGrid(np.array(lengths), window_length)
    cuts = sorted({0, sum(lengths), *data.draw(st.lists(st.integers(0, sum(lengths)), max_size=6))})
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    found = []
    for begin, stop in itertools.pairwise(cuts):
        pieces = [
            (c, max(begin, offsets[c]) - offsets[c], min(stop, offsets[c + 1]) - offsets[c])
            for c in range(len(lengths))
            if max(begin, offsets[c]) < min(stop, offsets[c + 1])
        ]
        rows = grid.rows_starting(*np.array(pieces, np.int64).T)
        windows = grid.at(rows)
        positions = offsets[windows.contig] + windows.start
        assert ((positions >= begin) & (positions < stop)).all()
        found.append(rows)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(grid)))


def test_two_million_contigs_cost_little():
    lengths = np.full(2_000_000, 8_500, np.int64)
    begin = time.process_time()
    grid = WindowGrid(lengths, 21_384)
    windows = grid.windows()
    assert time.process_time() - begin < 5  # of the processor; 0.3 are needed
    assert len(windows.start) == 4_000_000


@given(lengths_strategy, st.integers(1, 15), st.data())
def test_part_of_the_rows_is_a_part_of_the_windows(lengths, window_length, data):
    grid = WindowGrid(np.array(lengths), window_length)
    start = data.draw(st.integers(0, len(grid)))
    stop = data.draw(st.integers(0, len(grid) + 2))
    rows = np.arange(len(grid))[start:stop]
    for got, whole in zip(grid.windows(start, stop), grid.windows().take(rows), strict=True):
        np.testing.assert_array_equal(got, whole)
