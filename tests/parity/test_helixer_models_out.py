"""Models written for Helixer have the structure of those that Helixer wrote."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from helixdask.trainer.network.helixer_h5 import read_helixer_h5
from helixdask.trainer.network.helixer_write import write_helixer_h5


@pytest.mark.parametrize("name", ["small.h5", "overfit.h5", "fullsize.nooptim.h5", "small.ft.h5"])
def test_read_and_written_again_it_is_the_same(golden, tmp_path, name):
    source = golden / "models" / name
    read = read_helixer_h5(source)
    target = tmp_path / name
    write_helixer_h5(target, read.spec, read.weights)
    again = read_helixer_h5(target)
    assert again.spec == read.spec
    for layer, weights in read.weights.items():
        for ours, theirs in zip(again.weights[layer], weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["small.h5", "overfit.h5", "fullsize.nooptim.h5"])
def test_graph_names_shapes_and_attributes_are_helixers(golden, tmp_path, name):
    read = read_helixer_h5(golden / "models" / name)
    write_helixer_h5(tmp_path / name, read.spec, read.weights)
    with h5py.File(tmp_path / name) as ours, h5py.File(golden / "models" / name) as theirs:
        for attribute in ("backend", "keras_version"):
            assert ours.attrs[attribute] == theirs.attrs[attribute]
        assert json.loads(ours.attrs["model_config"]) == json.loads(theirs.attrs["model_config"])
        a, b = ours["model_weights"], theirs["model_weights"]
        assert list(a.attrs["layer_names"]) == list(b.attrs["layer_names"])
        assert set(a) == set(b)
        for layer in b:
            assert list(a[layer].attrs["weight_names"]) == list(b[layer].attrs["weight_names"])
            for weight in b[layer].attrs["weight_names"]:
                assert a[layer][weight].dtype == b[layer][weight].dtype
                np.testing.assert_array_equal(a[layer][weight], b[layer][weight])
