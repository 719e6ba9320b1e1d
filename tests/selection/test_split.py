import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.selection.split import split_n90


def n90(sizes, val_fraction=0.2, seed=0):
    unit = np.repeat(np.arange(len(sizes)), sizes)
    names = np.array([f"c{i}" for i in range(len(sizes))], object)
    side = split_n90(unit, names, val_fraction=val_fraction, seed=seed)
    return [int(side[unit == i][0]) for i in range(len(sizes))]


def test_n90_edge_cases_of_the_reference():
    assert n90([7]) == [0]
    assert n90([10, 1]) == [0, 0]
    assert sorted(n90([10, 8])) == [0, 1]
    for bad in (0.6, 0.0, 1.0):
        with pytest.raises(BadInputError):
            n90([10, 8], bad)


@settings(deadline=None)  # the first example imports scikit-learn
@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(0, 100), st.sampled_from([0.1, 0.2, 0.35]))
def test_n90_draws_as_scikit_learn_does(sizes, seed, val_fraction):
    model_selection = pytest.importorskip("sklearn.model_selection")
    names = [f"c{i}" for i in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda i: (-sizes[i], names[i].encode()))
    total, large = 0, 0
    while large < len(order) and total < int(0.9 * sum(sizes)):
        total += sizes[order[large]]
        large += 1
    large = max(large, 1)
    state = np.random.RandomState(seed)
    expected = [0] * len(sizes)
    for half in (order[:large], order[large:]):
        if len(half) > 1:
            for i in model_selection.train_test_split(half, test_size=val_fraction, random_state=state)[1]:
                expected[i] = 1
            assert sum(expected[i] for i in half) == math.ceil(val_fraction * len(half))
    assert n90(sizes, val_fraction, seed) == expected
