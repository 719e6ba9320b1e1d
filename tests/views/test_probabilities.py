"""Probabilities are the same numbers by every way in, however they are stored."""

import json

import numpy as np
import pybigtools
import pytest
import xarray as xr

import helixdask as hd
from helixdask.exchange.bigwig import export_probability_bigwig
from helixdask.probabilities import decode, decoding_table
from helixdask.store.manifest import Manifest
from tests.small_store import small_store

LENGTH = 90_000


@pytest.fixture(scope="module", params=["float16", "uint8"])
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    store, tracks = small_store(folder / "s.zarr", [LENGTH], names=["a"], quantised=request.param == "uint8")
    scale = 255 if request.param == "uint8" else 1
    return hd.open_store(store.url), tracks["probability"].astype(float) / scale


def from_xarray(store):
    return xr.open_zarr(store.url, group="predictions/base").class_probability


def from_xarray_tree(store):
    return xr.open_datatree(store.url, engine="zarr")["predictions/base"].class_probability


def from_tree(store):
    return store.tree["predictions/base"].class_probability


def from_sel(store):
    return store.sel("a").base_class_probability


WAYS = [from_xarray, from_xarray_tree, from_tree, from_sel]


@pytest.mark.parametrize("way", WAYS)
def test_values_and_means(made, way):
    store, expected = made
    found = way(store)
    assert found.dtype == (np.float64 if way in WAYS[:2] else np.float32)
    assert "scale_factor" not in found.attrs
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    np.testing.assert_allclose(found.mean("position").values, expected.mean(axis=2), rtol=1e-5)


def test_bins(made):
    store, expected = made
    found = store.bins().base_class_probability
    np.testing.assert_allclose(found[..., 0].values, expected.mean(axis=2), rtol=1e-6)


def test_windows(made):
    store, expected = made
    windows = store.windows(30_000).base_class_probability
    assert windows.dtype == np.float32
    first = windows.isel(window=0)
    np.testing.assert_allclose(first.values, expected[0, :, :30_000].T, rtol=1e-6)
    np.testing.assert_allclose(first.mean("offset").values, expected[0, :, :30_000].mean(axis=1), rtol=1e-4)


def test_export(made, tmp_path):
    store, expected = made
    files = {file.name: file for file in export_probability_bigwig(store, tmp_path)}
    with pybigtools.open(str(files["base.cds.minus.bw"])) as bigwig:
        found = np.nan_to_num(np.asarray(bigwig.values("a", 0, LENGTH, fillna=0)))
    np.testing.assert_allclose(found, expected[1, 2].round(2), atol=0.0051)


@pytest.mark.parametrize("quantised", [False, True])
def test_stores_of_earlier_versions(tmp_path, quantised):
    store, tracks = small_store(tmp_path / "s.zarr", [500], names=["a"], quantised=quantised)
    group = "predictions/base"
    metadata = json.loads(store.folder.read(f"{group}/class_probability/zarr.json"))
    for key in ("scale_factor", "flag_values"):
        metadata["attributes"].pop(key, None)
    store.begin_group(group)
    store.create_tracks(group, {"class_probability": str(tracks["probability"].dtype)})
    store.write_region(f"{group}/class_probability", 0, tracks["probability"])
    building = store.building(group)
    store.folder.write(f"{building.place}/class_probability/zarr.json", json.dumps(metadata).encode())
    del building.records["class_probability/zarr.json"]
    store.complete_group(group, {"digest": "of old"})
    assert isinstance(store.manifest(group), Manifest)
    opened = hd.open_store(store.url)
    assert "scale_factor" not in opened.array(f"{group}/class_probability").attrs
    expected = tracks["probability"].astype(float) / (255 if quantised else 1)
    for way in (from_tree, from_sel):
        np.testing.assert_allclose(way(opened).values, expected, rtol=1e-6)


def test_every_stored_value():
    for kind in ("float16", "uint8"):
        stored = np.arange(256, dtype=np.uint8) if kind == "uint8" else np.arange(1 << 16, dtype=np.uint16).view(kind)
        np.testing.assert_array_equal(decoding_table(kind), decode(stored))
