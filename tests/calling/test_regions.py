from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.calling.regions import LoadedParts, genic_units, scan_pieces
from helixdask.errors import BadInputError
from helixdask.settings import Rules


def find_regions(intergenic, *, window=100, edge=0.1, peak=0.8, rules=Rules.DEFAULT):
    """Regions of one strand of one whole contig, (regions, 2)."""
    n = np.array([intergenic.size], np.int64)
    pieces = LoadedParts(np.zeros(1, np.int64), n, np.zeros(1, np.int64), n)
    thresholds = {"window": window, "edge": edge, "peak": peak}
    scan = scan_pieces(genic_units(intergenic), pieces, own=(0, intergenic.size), rules=rules, **thresholds)
    return np.stack([scan.start, scan.end], axis=1)


def plain_scan(intergenic, window, edge, peak):
    """The rule of the reference, written down as it stands."""
    units = np.maximum((np.float32(1) - intergenic) * np.float32(1e6), np.float32(0)).astype(np.int64).tolist()
    low = int(np.float32(edge) * np.float32(1e6) * np.float32(window))
    high = int(np.float32(peak) * np.float32(1e6) * np.float32(window))
    sums = [sum(units[i : i + window]) for i in range(len(units) - window + 1)]
    out, i = [], 0
    while i < len(sums):
        if sums[i] < low:
            i += 1
            continue
        start, top = i, 0
        while i < len(sums) and sums[i] >= low:
            top = max(top, sums[i])
            i += 1
        if top > high:
            out.append((start, i - 1 + window))
    return out


def plain_merged(intergenic, window, edge, peak):
    """Bases under a passing window, where some window exceeds the peak."""
    window = min(window, intergenic.size)
    units = np.maximum((np.float32(1) - intergenic) * np.float32(1e6), np.float32(0)).astype(np.int64).tolist()
    low = int(np.float32(edge) * np.float32(1e6) * np.float32(window))
    high = int(np.float32(peak) * np.float32(1e6) * np.float32(window))
    sums = [sum(units[i : i + window]) for i in range(len(units) - window + 1)]
    covered = [
        any(sums[j] >= low for j in range(max(0, i - window + 1), min(i, len(sums) - 1) + 1)) for i in range(len(units))
    ]
    out, i = [], 0
    while i < len(units):
        if not covered[i]:
            i += 1
            continue
        start = i
        while i < len(units) and covered[i]:
            i += 1
        if any(low <= s and s > high for s in sums[start : i - window + 1]):
            out.append((start, i))
    return out


@st.composite
def tracks(draw):
    runs = draw(
        st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.7, 0.95, 1.0]), st.integers(1, 25)), min_size=1, max_size=12)
    )
    return np.concatenate([np.full(n, p, np.float32) for p, n in runs])


@given(tracks(), st.integers(1, 30), st.sampled_from([0.0, 0.05, 0.1, 0.5]), st.sampled_from([0.0, 0.2, 0.8]))
def test_helixer_rules_are_the_reference_scan(intergenic, window, edge, peak):
    found = find_regions(intergenic, window=window, edge=edge, peak=peak, rules="helixer")
    assert [tuple(row) for row in found.tolist()] == plain_scan(intergenic, window, edge, peak)


@given(tracks(), st.integers(1, 30), st.sampled_from([0.05, 0.1, 0.5]), st.sampled_from([0.0, 0.2, 0.8]))
def test_default_rules_join_touching_regions_and_shrink_the_window(intergenic, window, edge, peak):
    found = find_regions(intergenic, window=window, edge=edge, peak=peak)
    assert [tuple(row) for row in found.tolist()] == plain_merged(intergenic, window, edge, peak)
    mirrored = find_regions(intergenic[::-1].copy(), window=window, edge=edge, peak=peak)
    assert (intergenic.size - mirrored[::-1, ::-1]).tolist() == found.tolist()


def test_units_are_cut_off_and_never_negative():
    probabilities = np.array([0.0, 1.0, 0.25, 1.25, 0.9999995], np.float32)
    assert genic_units(probabilities).tolist() == [1_000_000, 0, 750_000, 0, 0]


def test_peak_must_be_exceeded_not_reached():
    flat = np.full(50, 0.5, np.float32)
    assert len(find_regions(flat, window=10, edge=0.1, peak=0.5)) == 0
    assert find_regions(flat, window=10, edge=0.1, peak=0.49).tolist() == [[0, 50]]


def test_short_contig_has_a_region_only_under_default_rules():
    genic = np.zeros(60, np.float32)
    assert find_regions(genic, rules="helixer").tolist() == []
    assert find_regions(genic).tolist() == [[0, 60]]


def test_overlapping_regions_are_one_under_default_rules():
    # Two certain stretches whose passing windows overlap in bases but not in their starts.
    intergenic = np.ones(100, np.float32)
    intergenic[20:30] = intergenic[42:52] = 0.0
    settings = {"window": 20, "edge": 0.3, "peak": 0.4}
    assert find_regions(intergenic, rules="helixer", **settings).tolist() == [[6, 66]]
    intergenic[42:52] = 1.0
    intergenic[50:60] = 0.0
    assert find_regions(intergenic, rules="helixer", **settings).tolist() == [[6, 44], [36, 74]]
    assert find_regions(intergenic, **settings).tolist() == [[6, 74]]


@pytest.mark.parametrize(("window", "edge", "peak"), [(0, 0.1, 0.8), (100, 1.5, 0.8), (100, 0.1, -0.1)])
def test_impossible_thresholds_are_refused(window, edge, peak):
    with pytest.raises(BadInputError):
        find_regions(np.ones(10, np.float32), window=window, edge=edge, peak=peak)
