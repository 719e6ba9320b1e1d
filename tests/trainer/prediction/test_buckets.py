"""Short contigs: which windows they get, and that full-length ones are left alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.engine.run import RunOptions, run_stage
from helixdask.store.store import Store
from helixdask.trainer.network.build import NetworkSpec, build_network
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.model_file import save_model
from helixdask.trainer.prediction.stage import PredictStage
from helixdask.windows.plan import SHORTEST_BUCKET, WindowRule, bucket_lengths, buckets
from tests.small_store import small_store

pytestmark = pytest.mark.slow


@given(
    pools=st.integers(1, 60),
    pool=st.sampled_from([1, 9, 10]),
    lengths=st.lists(st.integers(1, 30_000), min_size=1, max_size=30),
)
def test_every_contig_fits_its_window_and_wastes_less_than_half(pools, pool, lengths):
    rule = WindowRule.of(400 * pools * pool, overlap=True)
    length = np.array(lengths)
    seen = np.zeros(len(length), int)
    for found, members in buckets(length, rule, pool):
        seen[members] += 1
        assert found.length % pool == 0
        if found is not rule:
            assert (length[members] <= found.length).all()
            if found.length > 2 * SHORTEST_BUCKET + 2 * pool:
                assert (length[members] > found.length // 2 - pool).all()
    assert (seen == 1).all()


def test_lengths_halve_down_to_the_shortest():
    assert bucket_lengths(21_384, 9) == [342, 675, 1341, 2673, 5346, 10692, 21384]
    assert bucket_lengths(180, 9) == [180]


def test_only_short_contigs_are_predicted_otherwise(tmp_path):
    spec = NetworkSpec(2, 8, 5, 9, 1, 8)
    model = tmp_path / "tiny.keras"
    save_model(model, build_network(spec, seed=1), spec, default_card(inference_window=2_700))
    lengths = [6_000, 300, 2_000, 310, 2_700, 600]
    store, _ = small_store(tmp_path / "g.zarr", lengths)
    found = {}
    for rules in ("default", "helixer"):
        stage = PredictStage.for_model(store, model, predictions=rules, rules=rules, precision="float16")
        run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
        found[rules] = Store.open(store.url).read(f"predictions/{rules}/class_probability", 0, sum(lengths))
        assert Store.open(store.url).attrs(f"predictions/{rules}")["rules"] == rules
    same = np.abs(found["default"].astype(np.float32) - found["helixer"].astype(np.float32)).max(axis=(0, 1)) < 2e-3
    edges = np.cumsum([0, *lengths])
    whole = [same[a:b].all() for a, b in pairwise(edges.tolist())]
    assert whole[0]
    assert whole[4]
    np.testing.assert_allclose(found["default"].astype(np.float32).sum(axis=1), 1, atol=4e-3)
