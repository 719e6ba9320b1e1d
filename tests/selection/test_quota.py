"""Quotas are met, the cap holds whatever is asked for, empty windows come by lot, weights restore the genome."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.selection.quota import INTERGENIC_CAP, choose

N = 6


def drawn(seed, n, shares):
    rng = np.random.default_rng(seed)
    stratum = rng.choice(N, n, p=np.array(shares) / sum(shares))
    return stratum, rng.integers(50, 1001, n), rng.random(n) < 0.9, rng.permutation(n).astype(np.uint64), rng.random(n)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 400),
    shares=st.lists(st.floats(0.001, 1), min_size=N, max_size=N),
    asked=st.floats(0.001, 1.2),
    cap=st.floats(0.05, 0.95),
    ranked=st.booleans(),
)
def test_totals_and_the_cap(seed, n, shares, asked, cap, ranked):
    stratum, bases, usable, lot, value = drawn(seed, n, shares)
    total = int(asked * bases[usable].sum())
    made = choose(stratum, bases, usable, lot, total, n_strata=N, value=value if ranked else None, cap=cap)
    assert not (made.kept & ~usable).any()
    assert made.given.tolist() == np.bincount(stratum, bases * made.kept, minlength=N).tolist()
    off = made.given - np.minimum(made.quota, made.available)
    assert (np.abs(off[:-1]) <= 501).all()
    assert -1001 <= off[-1] <= 501
    assert made.given.sum() <= total + 501 * N
    if made.available[:-1].any():
        assert made.given[-1] * (1 - cap) <= cap * made.given[:-1].sum() + 1e-6
    if made.kept.any():
        assert (made.weight * bases).sum() == pytest.approx(made.given.sum())
        assert (made.weight[~made.kept] == 0).all()


@pytest.mark.parametrize("empty", [0.9, 0.99])
def test_mostly_empty_genomes(empty):
    stratum, bases, _, lot, value = drawn(1, 200_000, [1 - empty] * 5 + [5 * empty])
    made = choose(stratum, bases, bases > 0, lot, int(0.2 * bases.sum()), n_strata=N, value=value)
    assert made.given[-1] / made.given.sum() <= INTERGENIC_CAP
    assert made.given[-1] / made.given.sum() > INTERGENIC_CAP - 1e-3
    assert (made.given[:-1] > 0.45 * made.available[:-1]).all()


def test_the_surest_of_each_genic_stratum_and_any_of_the_empty():
    stratum, bases, usable, lot, value = drawn(2, 20_000, [1, 1, 1, 1, 1, 1])
    made = choose(stratum, bases, usable, lot, int(0.2 * bases[usable].sum()), n_strata=N, value=value)
    for number in range(N - 1):
        mine = usable & (stratum == number)
        assert value[mine & made.kept].max() <= value[mine & ~made.kept].min()
    empty = usable & (stratum == N - 1)
    assert abs(value[empty & made.kept].mean() - value[empty].mean()) < 0.03


def test_weights_restore_the_genome():
    stratum, bases, usable, lot, value = drawn(3, 50_000, [1, 1, 2, 3, 5, 60])
    made = choose(stratum, bases, usable, lot, int(0.1 * bases[usable].sum()), n_strata=N, value=value)
    kept = np.bincount(stratum, made.weight * bases, minlength=N)
    assert np.allclose(kept / kept.sum(), made.available / made.available.sum())


def test_short_strata_are_filled_from_their_neighbours():
    stratum = np.repeat(np.arange(N), [10, 1_000, 1_000, 1_000, 1_000, 1_000])
    bases, lot = np.full(len(stratum), 100), np.arange(len(stratum)).astype(np.uint64)
    usable = np.ones(len(stratum), bool)
    usable[10:990] = False
    made = choose(stratum, bases, usable, lot, 350_000, n_strata=N, value=lot.astype(float))
    assert abs(made.given.sum() - 350_000) <= 600


def test_nothing_but_empty_windows():
    stratum, bases = np.full(100, N - 1), np.full(100, 10)
    made = choose(stratum, bases, bases > 0, np.arange(100).astype(np.uint64), 300, n_strata=N)
    assert made.given.tolist() == [0] * 5 + [300]
