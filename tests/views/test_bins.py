"""Bins of a store: every track, never across contigs, lazily and in blocks of shards."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

import helixdask as hd
from helixdask.errors import BadInputError, StoreChangedError
from helixdask.probabilities import decode
from tests.small_store import publish, small_store

LENGTHS = [150_001, 40, 70_500, 1_000]
NAMES = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    store, tracks = small_store(tmp_path_factory.mktemp("bins") / "s.zarr", LENGTHS, names=NAMES)
    rng = np.random.default_rng(3)
    for library in ("leaf", "root"):
        coverage = rng.integers(0, 9, (2, store.n_bases)).astype(np.uint32)
        publish(store, f"coverage/rnaseq/{library}", {"coverage": coverage, "spliced_coverage": coverage // 5})
        tracks[library] = coverage
    tracks["score"] = np.where(rng.random(store.n_bases) < 0.5, np.nan, rng.random(store.n_bases)).astype(np.float32)
    tracks["score"][150_001:150_041] = np.nan
    store.begin_group("tracks/score")
    store.create_tracks("tracks/score", left_out=("mask",))
    store.write_region("tracks/score/value", 0, tracks["score"])
    store.complete_group("tracks/score", {"digest": "s"})
    return hd.open_store(store.url), tracks


def by_hand(track, store, width, how="mean"):
    offsets = store.contigs.offsets.tolist()
    values = []
    for begin, stop in pairwise(offsets):
        starts = range(begin, stop, width or stop - begin)
        values += [getattr(np, f"nan{how}")(track[..., a : min(a + (width or stop), stop)], axis=-1) for a in starts]
    return np.stack(values, axis=-1)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize(("width", "how"), [(10_000, "mean"), (None, "mean"), (100_000, "max"), (777, "sum")])
def test_every_track(made, width, how):
    store, tracks = made
    bins = store.bins(width, how)
    assert all(isinstance(variable.data, np.ndarray) is False for variable in bins.data_vars.values())
    code = tracks["sequence"]
    gc = np.where(code < 4, np.isin(code, (0, 3)), np.nan)
    label = (tracks["label"][:, None] == np.arange(4)[:, None]).astype(float)
    expected = {
        "gc": gc,
        "reference_label": label,
        "reference_valid": tracks["valid"].astype(float),
        "base_class_probability": tracks["probability"].astype(float),
        "rnaseq_coverage": np.stack([tracks["leaf"], tracks["root"]]).astype(float),
        "score_value": tracks["score"].astype(float),
    }
    for name, track in expected.items():
        np.testing.assert_allclose(bins[name].values, by_hand(track, store, width, how), rtol=1e-9, err_msg=name)
    assert bins.reference_label.dims == ("strand", "label_class", "bin")
    assert bins.reference_transition.dims == ("strand", "transition", "bin")
    assert bins.base_class_probability.dims == ("strand", "label_class", "bin")
    assert bins.rnaseq_coverage.dims == ("rnaseq_library", "strand", "bin")
    assert bins.rnaseq_library.values.tolist() == ["leaf", "root"]
    if width is None:
        assert bins.contig_name.values[bins.contig].tolist() == NAMES
        assert bins.end.values.tolist() == LENGTHS


def test_some_bins_of_some_strands(made):
    store, tracks = made
    bins = store.bins(5_000)
    part = bins.base_class_probability.sel(strand="-", label_class="cds").isel(bin=bins.contig.values == 2)
    first = int(store.contigs.offsets[2])
    np.testing.assert_allclose(
        part[3].values, tracks["probability"][1, 2, first + 15_000 : first + 20_000].mean(dtype=float)
    )
    assert bins.start[bins.contig.values == 2].values.tolist() == list(range(0, 70_500, 5_000))
    again = pickle.loads(pickle.dumps(bins))
    np.testing.assert_array_equal(again.gc.values, bins.gc.values)


@pytest.mark.parametrize("key", [3, -2, slice(9, 2, -3), [7, 2, 2], slice(4, 4), slice(None)])
def test_any_index(made, key):
    """Dask hands indices down to what reads."""
    store, tracks = made
    bins = store.bins(10_000).reference_label
    np.testing.assert_array_equal(bins[1, :, key].values, bins.values[1][:, key])
    np.testing.assert_array_equal(bins[:, 2, key].values, bins.values[:, 2][:, key])
    region = store.sel("a:100-60,000").base_class_probability
    np.testing.assert_array_equal(region[1, :, key].values, region.values[1][:, key])
    np.testing.assert_array_equal(region[1, 2:, key].values, region.values[1, 2:][:, key])
    tree = store.tree["predictions/base"].class_probability
    np.testing.assert_array_equal(tree[1, :, key].values, decode(tracks["probability"])[1][:, key])


def test_a_replaced_group_is_told(tmp_path):
    store, tracks = small_store(tmp_path / "s.zarr", [1_000])
    bins = hd.open_store(store.url).bins(100)
    publish(store, "labels/reference", {"label": tracks["label"], "valid": tracks["valid"]}, more=1)
    with pytest.raises(StoreChangedError):
        bins.reference_label.compute()


def test_what_is_no_reduction(made):
    with pytest.raises(BadInputError, match="'median'"):
        made[0].bins(100, "median")


@pytest.mark.slow
def test_blocks_are_shards_and_graphs_are_modest(huge):
    store = hd.open_store(huge)
    bins = store.bins(10_000)
    shards = -(-store.n_bases // (1 << 21))
    for name, variable in bins.data_vars.items():
        assert variable.data.numblocks[-1] <= shards, name
        graph = variable.data.__dask_graph__()
        assert len(graph) <= 3 * shards * max(1, variable.sizes.get("rnaseq_library", 1)), name
    assert len(pickle.dumps(bins.gc.data)) < 2_000_000
    last = bins.isel(bin=slice(-3, None))
    assert np.isnan(last.gc.values).all()  # nothing but N
    region = store.sel("scaffold_0")
    assert max(region.sequence.chunks[0]) == 1 << 21
    xr.testing.assert_equal(region.sequence[:5].compute(), region.isel(position=slice(0, 5)).sequence.compute())
