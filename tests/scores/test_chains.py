import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helixdask.scores.chains import chain_classes, row_classes


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3)), max_size=30))
def test_equal_rows_have_equal_numbers(rows):
    classes = row_classes(*np.array(rows, np.int64).reshape(-1, 2).T)
    assert len(set(classes.tolist())) == len(set(rows))
    assert len(set(zip(rows, classes.tolist(), strict=True))) == len(set(rows))


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=30))
def test_equal_chains_have_equal_numbers(chains):
    count = np.array([len(chain) for chain in chains], np.int64)
    parts = np.array([part for chain in chains for part in chain], np.int64)
    classes = chain_classes(np.cumsum(count) - count, count, parts).tolist()
    distinct = {tuple(chain) for chain in chains}
    assert len(set(classes)) == len(distinct)
    assert len({(tuple(chain), number) for chain, number in zip(chains, classes, strict=True)}) == len(distinct)
    assert all(number == 0 for chain, number in zip(chains, classes, strict=True) if not chain)
