from __future__ import annotations

import numpy as np
import pytest

from helixdask.genes.reading.gff_segments import chain_phases


@pytest.mark.parametrize(
    ("given", "minus", "expected"),
    [
        ([0, 0, 0], False, [0, 2, 0]),
        ([1, -1, -1], False, [1, 0, 1]),
        ([-1, -1, 1], True, [1, 0, 1]),
    ],
)
def test_phase_chain(given, minus, expected):
    start, end = np.array([0, 20, 40]), np.array([4, 31, 50])
    phases = chain_phases(np.zeros(3, np.int64), start, end, np.full(3, minus), np.array(given, np.int8))
    assert phases.tolist() == expected


def test_a_first_phase_that_spoils_the_frame_is_dropped():
    phases = chain_phases(*(np.array([v]) for v in (0, 0, 9)), np.array([False]), np.array([1], np.int8))
    assert phases.tolist() == [0]
