"""Rows back to codes, and onto tracks."""

import numpy as np
import pytest

from helixdask.exchange.helixer_decode import BAD, decode_bases, decode_classes, lay_down, pack_transitions
from helixdask.sequence.codes import COMPLEMENT, LETTERS, PADDING, one_hot

ALL = np.arange(len(LETTERS), dtype=np.uint8)


def test_every_letter_comes_back():
    rows = one_hot(np.stack([ALL, ALL]))
    found = decode_bases(rows, np.array([0, 1], np.int8))
    assert found[0].tolist() == ALL.tolist()
    assert found[1].tolist() == COMPLEMENT[ALL].tolist()
    assert decode_bases(rows.astype(np.float32), np.zeros(2, np.int8))[0].tolist() == ALL.tolist()


@pytest.mark.parametrize("strand", [0, 1])
def test_vectors_of_no_base(strand):
    rows = np.array([[[0, 0, 0, 0], [1, 1, 0, 0], [0.3, 0.3, 0.4, 0]]], np.float16)
    assert decode_bases(rows, np.array([strand], np.int8)).tolist() == [[PADDING, BAD, BAD]]


def test_classes():
    rows = np.array([[[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 1, 0], [2, 0, 0, 0]]], np.int8)
    assert decode_classes(rows).tolist() == [[0, 3, BAD, BAD, BAD]]


def test_transitions():
    rows = np.array([[[1, 0, 0, 0, 0, 1], [0] * 6, [0, 0, 1, 0, 0, 0]]], np.int8)
    assert pack_transitions(rows).tolist() == [[33, 0, 4]]


def laid(values, first, position, end, strand, layers=2, start=0, length=8):
    track, seen = np.zeros((layers, 1, length), np.uint8), np.zeros((layers, length), bool)
    strands = np.array(strand, np.int8)
    clash = lay_down(
        track,
        seen,
        np.array(values, np.uint8)[..., np.newaxis],
        np.array(first),
        np.array(position),
        np.array(end),
        strands,
        strands if layers == 2 else np.zeros_like(strands),
        start,
    )
    return track[:, 0].tolist(), seen, clash


def test_minus_rows_run_backwards():
    track, seen, clash = laid([[1, 2, 3], [4, 5, 6]], [0, 0], [2, 2], [5, 4], [0, 1])
    assert track == [[0, 0, 1, 2, 3, 0, 0, 0], [0, 0, 5, 4, 0, 0, 0, 0]]
    assert seen.sum(axis=1).tolist() == [3, 2]
    assert clash == -1


def test_padding_in_front():
    track, _, _ = laid([[9, 4, 5]], [1], [2], [4], [1])
    assert track[1] == [0, 0, 5, 4, 0, 0, 0, 0]


def test_only_the_part_in_the_region():
    track, _, _ = laid([[1, 2, 3, 4]], [0], [8], [12], [0], start=10, length=4)
    assert track[0] == [3, 4, 0, 0]
    track, _, _ = laid([[1, 2, 3, 4]], [0], [8], [12], [1], start=6, length=4)
    assert track[1] == [0, 0, 4, 3]


def test_contradictions_are_found_at_the_first_base():
    values = [[1, 2, 3], [9, 9, 3]]
    assert laid(values, [0, 0], [2, 2], [5, 5], [0, 0])[2] == 2
    assert laid(values, [0, 0], [2, 2], [5, 5], [0, 1])[2] == -1
    assert laid([[1, 2, 3], [3, 2, 1]], [0, 0], [2, 2], [5, 5], [0, 1], layers=1)[2] == -1
    assert laid([[1, 2, 3], [3, 7, 1]], [0, 0], [2, 2], [5, 5], [0, 1], layers=1)[2] == 3
