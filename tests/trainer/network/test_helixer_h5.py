"""Helixer's model files: what is read, and what is refused."""

import h5py
import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.trainer.network.describe import describe_model
from helixdask.trainer.network.helixer_h5 import read_helixer_h5
from helixdask.trainer.network.spec import NetworkSpec
from tests.trainer.network.keras2_file import write_keras2_file

SPECS = [
    NetworkSpec(cnn_layers=3, filter_depth=4, kernel_size=5, pool_size=3, lstm_layers=2, units=3),
    NetworkSpec(cnn_layers=1, filter_depth=4, kernel_size=5, pool_size=9, lstm_layers=1, units=3, predict_phase=False),
    NetworkSpec(cnn_layers=1, filter_depth=4, pool_size=3, lstm_layers=2, units=3, dropout1=0.1, dropout2=0.25),
    NetworkSpec(cnn_layers=2, filter_depth=4, pool_size=3, lstm_layers=1, units=3, n_libraries=1),
    NetworkSpec(cnn_layers=2, filter_depth=4, pool_size=3, lstm_layers=2, units=3, n_libraries=2, hidden_units=5),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("reshape", [("reshape_hat", "reshape_hat1"), ("reshape_1", "reshape_2")])
def test_spec_and_weights_are_read(tmp_path, spec, reshape):
    written = write_keras2_file(tmp_path / "m.h5", spec, reshape=reshape)
    read = read_helixer_h5(tmp_path / "m.h5")
    assert read.spec == spec
    assert list(read.weights) == list(written)
    for layer, values in written.items():
        for a, b in zip(values, read.weights[layer], strict=True):
            np.testing.assert_array_equal(a, b)


def test_published_models_have_their_recommended_window(tmp_path):
    for name, window in [("vertebrate_v0.3_m_0080", 213_840), ("land_plant_v0.3_a_0080", 64_152), ("mine", 21_384)]:
        write_keras2_file(tmp_path / f"{name}.h5", SPECS[0])
        assert describe_model(tmp_path / f"{name}.h5").card["inference_window"] == window


def _layer(config, name):
    return next(layer for layer in config["config"]["layers"] if layer["name"] == name)


def _lambda(config):
    _layer(config, "reshape")["class_name"] = "Lambda"


def _activation(config):
    _layer(config, "conv1d")["config"]["activation"] = "tanh"


def _wider(config):
    _layer(config, "conv1d")["config"]["filters"] = 5


def _enormous(config):
    _layer(config, "bidirectional")["config"]["layer"]["config"]["units"] = 10**12


def _circle(config):
    _layer(config, "conv1d")["inbound_nodes"] = [[["bidirectional", 0, 0, {}]]]


def _cut(config):
    del config["config"]["layers"]


def _odd_text(config):
    _layer(config, "dense")["config"]["units"] = "many"


@pytest.mark.parametrize("change", [_lambda, _activation, _wider, _enormous, _circle, _cut, _odd_text])
def test_a_graph_that_is_not_helixers_is_refused(tmp_path, change):
    write_keras2_file(tmp_path / "m.h5", SPECS[0], change=change)
    with pytest.raises(BadInputError, match=r"m\.h5"):
        read_helixer_h5(tmp_path / "m.h5")


def _remove_weight(file):
    del file["model_weights/dense/dense/bias:0"]


def _remove_layer(file):
    del file["model_weights/conv1d"]


def _shape(file):
    _remove_weight(file)
    file["model_weights/dense/dense/bias:0"] = np.zeros(7, np.float32)


def _not_a_number(file):
    file["model_weights/dense/dense/bias:0"][0] = np.nan


def _elsewhere(file):
    _remove_weight(file)
    file["model_weights/dense/dense/bias:0"] = h5py.ExternalLink("other.h5", "secret")


def _no_config(file):
    del file.attrs["model_config"]


def _bad_json(file):
    file.attrs["model_config"] = "{"


@pytest.mark.parametrize(
    "spoil", [_remove_weight, _remove_layer, _shape, _not_a_number, _elsewhere, _no_config, _bad_json]
)
def test_weights_that_do_not_fit_are_refused(tmp_path, spoil):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.zeros(24, np.float32)
    write_keras2_file(tmp_path / "m.h5", SPECS[0])
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        spoil(file)
    with pytest.raises(BadInputError, match=r"m\.h5"):
        read_helixer_h5(tmp_path / "m.h5")


def test_files_that_are_no_models_are_refused(tmp_path):
    write_keras2_file(tmp_path / "m.h5", SPECS[0])
    content = (tmp_path / "m.h5").read_bytes()
    for name, data in [
        ("cut.h5", content[: len(content) // 2]),
        ("page.h5", b"<html>not found</html>"),
        ("no.h5", b""),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInputError, match=name):
            describe_model(tmp_path / name)
    with pytest.raises(BadInputError, match=r"none\.h5"):
        describe_model(tmp_path / "none.h5")
    with pytest.raises(BadInputError):
        describe_model(tmp_path)


def _keras3_shapes(config):
    for layer in config["config"]["layers"]:
        if "batch_input_shape" in layer["config"]:
            layer["config"]["batch_shape"] = layer["config"].pop("batch_input_shape")


def test_keras_3_names_the_shape_otherwise(tmp_path):
    write_keras2_file(tmp_path / "m.h5", SPECS[0], change=_keras3_shapes)
    assert read_helixer_h5(tmp_path / "m.h5").spec == SPECS[0]


def test_what_keras_3_lays_out_otherwise_is_named(tmp_path):
    def calls(config):
        _layer(config, "conv1d")["inbound_nodes"] = [{"args": [], "kwargs": {}}]

    path = tmp_path / "m.h5"
    write_keras2_file(path, SPECS[0], change=calls)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "3.10.0"
    with pytest.raises(BadInputError, match="Keras 3 saved it"):
        read_helixer_h5(path)


@pytest.mark.parametrize("value", [np.arange(3), b"\xff", "[" * 100_000, np.float32(3), "null"])
@pytest.mark.parametrize("name", ["model_config", "training_config", "keras_version"])
def test_odd_attributes(tmp_path, name, value):
    path = tmp_path / "m.h5"
    write_keras2_file(path, SPECS[0])
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    if name == "keras_version":
        describe_model(path)
        return
    with pytest.raises(BadInputError, match=r"m\.h5"):
        describe_model(path)
