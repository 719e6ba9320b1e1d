"""Bins of contigs, and values of bases reduced to them, against plain NumPy."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.views.bin_grid import BinGrid
from helixdask.views.reduce import REDUCTIONS, reduce_bins

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=8)
WIDTHS = st.one_of(st.none(), st.integers(1, 70))


def plain_bins(lengths, width):
    for contig, length in enumerate(lengths):
        step = width or length
        yield from ((contig, start, min(start + step, length)) for start in range(0, length, step))


@given(LENGTHS, WIDTHS, st.integers(1, 80))
def test_bins_tile_the_contigs(lengths, width, bases):
    grid = BinGrid(np.array(lengths), width)
    expected = list(plain_bins(lengths, width))
    bins = np.arange(len(grid))
    columns = (column.tolist() for column in (grid.contig(bins), grid.start(bins), grid.end(bins)))
    assert list(zip(*columns, strict=True)) == expected
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    begin = np.array([offsets[contig] + start for contig, start, _ in expected])
    assert grid.edges(0, len(grid)).tolist() == [*begin.tolist(), offsets[-1]]
    by_block = np.bincount(begin // bases)
    assert grid.blocks(bases) == tuple(by_block[by_block > 0])


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=60),
    st.data(),
    st.sampled_from(REDUCTIONS),
    st.sampled_from(["float32", "uint32", "bool"]),
)
@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_values_of_bins_are_those_of_numpy(values, data, how, dtype):
    start = data.draw(st.integers(0, 1000))
    track = np.array([np.nan if v is None else v for v in values], np.float32)
    track = track if dtype == "float32" else np.nan_to_num(track).astype(dtype)
    both = np.stack([track, track[::-1]])

    def cuts():
        inner = data.draw(st.lists(st.integers(1, len(values)), unique=True))
        return np.array(sorted({0, len(values), *inner}))

    edges, parts = cuts(), cuts()
    pieces = ((start + a, both[:, a:b]) for a, b in pairwise(parts))
    found = reduce_bins(pieces, start + edges, (2,), how)
    plain = getattr(np, f"nan{how}")
    slices = list(pairwise(edges))
    expected = np.stack([plain(both[:, a:b].astype(float), axis=1) for a, b in slices], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("width", [0, -5])
def test_a_width_below_one_is_refused(width):
    with pytest.raises(BadInputError, match=f"bins of {width} bases"):
        BinGrid(np.array([5]), width)
