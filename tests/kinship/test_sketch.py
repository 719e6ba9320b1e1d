"""The sample of k-mers against a plain count, whatever the cuts, strands and masks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helixdask.kinship.sketch import K, sketch

MASK = (1 << 64) - 1


def mixed(x):
    """SplitMix64's finalizer in plain integers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def plainly(codes, ends, fine, scale, fine_scale, n_starts):
    """Every k-mer, one by one."""
    found = []
    for start in range(min(n_starts, len(codes) - K + 1)):
        word = codes[start : start + K].tolist()
        if max(word) > 3 or any(start < end < start + K for end in ends):
            continue
        one = two = 0
        for base in word:
            one = one * 4 + base
        for base in word[::-1]:
            two = two * 4 + 3 - base
        value = mixed(min(one, two))
        if value <= (1 << 64) // (fine_scale if fine[start] else scale) - 1:
            found.append((value, start))
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(0, 400),
    cuts=st.lists(st.integers(1, 399), max_size=4),
    scale=st.integers(1, 9),
    fine_scale=st.integers(1, 3),
    share=st.floats(0, 1),
)
def test_every_kmer_is_judged_as_plain_arithmetic_does(seed, length, cuts, scale, fine_scale, share):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    odd = rng.random(length) < 0.01
    codes[odd] |= np.uint8(0x80)
    codes[rng.random(length) < 0.005] = 4
    ends = np.array(sorted({cut for cut in cuts if cut < length} | {length}), np.int64)
    fine = (rng.random(length) < share).astype(np.uint8)
    n_starts = int(rng.integers(0, length + 1))
    got = sketch(codes, ends, fine, scale, fine_scale, n_starts)
    wanted = plainly(codes, ends.tolist(), fine, scale, fine_scale, n_starts)
    assert [(int(a), int(b)) for a, b in zip(*got, strict=True)] == wanted


def test_one_of_so_many_is_kept():
    codes = np.random.default_rng(2).integers(0, 4, 1_000_000).astype(np.uint8)
    nothing = np.zeros(len(codes), np.uint8)
    hashes, _ = sketch(codes, np.array([len(codes)]), nothing, 1000, 50)
    assert 850 < len(hashes) < 1150
    dense, _ = sketch(codes, np.array([len(codes)]), nothing + np.uint8(1), 1000, 50)
    assert 19_000 < len(dense) < 21_000
    assert set(hashes.tolist()) <= set(dense.tolist())
