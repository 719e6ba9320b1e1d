"""Genes read back from label tracks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helixdask.labels.chains import label_genes


def genes_of(*pieces, masked=()):
    label = np.array([int(letter) for piece in pieces for letter in piece], np.uint8)
    valid = np.ones(len(label), np.uint8)
    valid[list(masked)] = 0
    return label_genes(label, valid, np.array([len(piece) for piece in pieces]))


def segments(found):
    return list(zip(found.cds_start.tolist(), found.cds_end.tolist(), strict=True))


def test_coding_segments_of_whole_genes():
    found = genes_of("00122332100", "0220", "0110")
    assert found.piece.tolist() == [0, 1]
    assert found.n_cds.tolist() == [2, 1]
    assert segments(found) == [(3, 5), (7, 8), (1, 3)]
    assert not found.uncounted.any()


def test_a_gene_that_is_cut_or_masked_does_not_count():
    found = genes_of("22003220", "0122", "2200", masked=(5,))
    assert not len(found.piece)
    assert "".join(str(int(base)) for base in found.uncounted) == "1100111001111100"


def test_pieces_are_not_joined():
    found = genes_of("0022", "2200", "0220")
    assert found.piece.tolist() == [2]
    assert segments(found) == [(1, 3)]


def test_nothing():
    for pieces in ([], ["0000"]):
        found = genes_of(*pieces)
        assert not len(found.piece)
        assert not len(found.cds_start)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=40), min_size=1, max_size=4), st.data())
def test_every_coding_base_is_in_a_gene_or_uncounted(pieces, data):
    texts = ["".join(map(str, piece)) for piece in pieces]
    n = sum(map(len, texts))
    masked = data.draw(st.sets(st.integers(0, n - 1), max_size=3))
    found = genes_of(*texts, masked=masked)
    lengths = np.array([len(text) for text in texts])
    covered = np.zeros(n, bool)
    parent = np.repeat(found.piece, found.n_cds)
    for piece, start, end in zip(parent, found.cds_start, found.cds_end, strict=True):
        at = lengths[:piece].sum()
        assert end <= lengths[piece]
        covered[at + start : at + end] = True
    coding = np.array([letter == "2" for letter in "".join(texts)])
    assert (covered == (coding & ~found.uncounted)).all()
