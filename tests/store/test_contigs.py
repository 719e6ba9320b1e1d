"""The contig table and region strings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.store.contigs import ContigTable


def table(lengths, names=None):
    names = names or [f"c{i}" for i in range(len(lengths))]
    return ContigTable(np.array(names, dtype=object), np.array(lengths, np.int64))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.data())
def test_pieces_cover_the_slice_once(lengths, data):
    contigs = table(lengths)
    start = data.draw(st.integers(0, contigs.n_bases))
    stop = data.draw(st.integers(start, contigs.n_bases))
    covered = []
    for contig, first, last, position in contigs.pieces(start, stop).rows():
        assert 0 <= first < last <= lengths[contig]
        assert position == contigs.offsets[contig] + first
        covered.extend(range(position, position + last - first))
    assert covered == list(range(start, stop))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1", (0, 0, 100_000)),
        ("chr1:1,000-2,000", (0, 1000, 2000)),
        ("chr1:5-", (0, 5, 100_000)),
        ("Chr3:10-90", (2, 0, 80)),
        ("Chr3:10-90:5-7", (2, 5, 7)),
        (" b_2:0-1 ", (1, 0, 1)),
    ],
)
def test_region_strings(text, expected):
    assert table([100_000, 10, 80], ["chr1", "b_2", "Chr3:10-90"]).parse_region(text) == expected


@pytest.mark.parametrize("text", ["chr2", "chr1:5-5", "chr1:9-5", "chr1:a-b", "chr1:0-100,001", "chr1:-5", "chrX:1-2"])
def test_bad_region_strings_name_themselves(text):
    contigs = table([100_000, 10], ["chr1", "b_2"])
    if text == "chr1:-5":
        assert contigs.parse_region(text) == (0, 0, 5)
        return
    with pytest.raises(BadInputError):
        contigs.parse_region(text)


def test_unknown_contig_lists_close_names():
    with pytest.raises(BadInputError, match="chr1A"):
        table([5, 5], ["chr1A", "chr1B"]).index("chr1a")
