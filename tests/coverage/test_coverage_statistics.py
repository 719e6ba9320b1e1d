import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helixdask.coverage.statistics import QUANTILES, constants, region_statistics
from helixdask.engine.stage import RegionResult

DEPTHS = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 1 << 20)), min_size=1, max_size=60)


@given(DEPTHS, st.integers(1, 20))
def test_constants_are_exact_for_any_regions(values, step):
    track = np.stack([np.array(values, np.uint32), np.zeros(len(values), np.uint32)])
    parts = [track[:, a : a + step] for a in range(0, len(values), step)]
    merged = RegionResult.merged([region_statistics(part, part[::-1]) for part in parts])
    found = constants(merged, len(values))
    covered = np.sort(track[0][track[0] > 0])
    assert merged.counts["coverage_sum_plus"] == merged.counts["spliced_coverage_sum_minus"] == covered.sum()
    assert merged.counts["coverage_bases_plus"] == len(covered)
    assert found["+"]["mean"] == covered.sum() / len(values)
    assert found["-"] == {"mean": 0.0, "mean_covered": 0.0, "quantiles": dict.fromkeys(found["-"]["quantiles"], 0)}
    for q in QUANTILES:
        expected = np.quantile(covered, q, method="inverted_cdf") if len(covered) else 0
        assert found["+"]["quantiles"][f"{q:g}"] == expected
