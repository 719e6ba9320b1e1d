"""Model files: what goes in comes out, and nothing in them is run."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.trainer.network.build import NetworkSpec, build_network, freeze_body
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.describe import describe_model, file_digest
from helixdask.trainer.network.model_file import load_model, save_model
from tests.trainer.network.keras2_file import write_keras2_file

SPEC = NetworkSpec(2, 4, 4, 3, 1, 3, n_libraries=1, hidden_units=2, hidden_activation="relu")
CARD = default_card(name="mine", libraries=[{"name": "leaf", "kind": "rnaseq"}], seed=3, inference_window=213_840)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.keras"
    network = freeze_body(build_network(SPEC, seed=3))
    network.get_layer("norm_1").set_weights([np.arange(1.0, 5.0) / i for i in range(1, 5)])
    return path, network, save_model(path, network, SPEC, CARD)


def test_a_model_survives_saving(saved):
    path, network, digest = saved
    loaded = load_model(path)
    assert loaded.digest == digest == file_digest(path)
    assert (loaded.spec, loaded.card) == (SPEC, CARD)
    for a, b in zip(network.get_weights(), loaded.network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(layer.trainable for layer in loaded.network.layers)
    described = describe_model(path)
    assert (described.spec, described.card, described.digest) == (SPEC, CARD, digest)


def test_nothing_is_left_beside_the_file(saved):
    assert [p.name for p in saved[0].parent.iterdir()] == ["mine.keras"]


def test_helixers_file_gets_its_weights_into_our_layers(tmp_path):
    weights = write_keras2_file(tmp_path / "small.h5", SPEC)
    loaded = load_model(tmp_path / "small.h5")
    for layer, values in weights.items():
        for a, b in zip(values, loaded.network.get_layer(layer).get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert loaded.card["libraries"] is None
    assert loaded.card["coverage_norm"] == "log"
    assert loaded.card["transition_weights"] == [1, 12, 3, 1, 12, 3]


def test_a_failed_save_keeps_the_older_file(saved, tmp_path):
    path, network, _ = saved
    other = tmp_path / "mine.keras"
    other.write_bytes(path.read_bytes())
    with pytest.raises(BadInputError):
        save_model(other, network, NetworkSpec(2, 4, 4, 3, 1, 3, n_libraries=1, hidden_units=3), CARD)
    assert file_digest(other) == file_digest(path)
    with pytest.raises(BadInputError, match="keras"):
        save_model(tmp_path / "mine.h5", network, SPEC, CARD)
    with pytest.raises(BadInputError):
        save_model(tmp_path / "nowhere" / "mine.keras", network, SPEC, CARD)


def test_damaged_and_foreign_files_are_refused(saved, tmp_path):
    content = saved[0].read_bytes()
    (tmp_path / "cut.keras").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.keras").write_text("hello")
    with zipfile.ZipFile(tmp_path / "foreign.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    for name, description in {
        "newer": {"spec": SPEC.to_dict(), "card": CARD | {"format": 99}},
        "odd": [1],
        "spec": {"spec": {"units": 3}, "card": CARD},
        "noweights": {"spec": SPEC.to_dict(), "card": CARD},
    }.items():
        with zipfile.ZipFile(tmp_path / f"{name}.keras", "w") as archive:
            archive.writestr("helixdask.json", json.dumps(description))
    for path in tmp_path.iterdir():
        with pytest.raises(BadInputError, match=path.stem):
            load_model(path)


def test_damaged_weights_are_noticed_before_a_network_is_made(saved, tmp_path):
    content = bytearray(saved[0].read_bytes())
    with zipfile.ZipFile(saved[0]) as archive:
        member = archive.getinfo("model.weights.h5")
    content[member.header_offset + 200 + member.compress_size // 2] ^= 1
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    for read in (describe_model, load_model):
        with pytest.raises(BadInputError, match=r"flipped\.keras: the weights are damaged"):
            read(path)


def repacked(source, target, *, card=None, weights=None):
    """A model file with another card or other weights."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            changed = {"helixdask.json": card, "model.weights.h5": weights}.get(name)
            new.writestr(name, old.read(name) if changed is None else changed)
    return target


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (b"[" * 200_000, "the model file is damaged .RecursionError"),
        (b" " * (17 << 20), "the model's card has 17,825,792 bytes"),
        (b"\xff{}", "the model file is damaged"),
    ],
)
def test_cards_that_ask_for_too_much(saved, tmp_path, card, message):
    path = repacked(saved[0], tmp_path / "m.keras", card=card)
    for read in (describe_model, load_model):
        with pytest.raises(BadInputError, match=message):
            read(path)


@pytest.mark.slow
def test_weights_are_compared_with_the_network_before_either_is_made(saved, tmp_path):
    enormous = SPEC.to_dict() | {"units": 60_000, "lstm_layers": 60_000, "embedding_lstm_layers": 60_000}
    card = json.dumps({"spec": enormous, "card": CARD})
    with pytest.raises(BadInputError, match=r"a network of [\d,]{15,} weights is described, but they have"):
        load_model(repacked(saved[0], tmp_path / "a.keras", card=card))
    with pytest.raises(BadInputError, match="weights is described, but they have 200,000,000 bytes"):
        load_model(repacked(saved[0], tmp_path / "b.keras", weights=bytes(200_000_000)))


def test_weights_are_in_the_file_itself(saved, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 4000)
    with zipfile.ZipFile(saved[0]) as archive:
        archive.extract("model.weights.h5", tmp_path)
    weights = tmp_path / "model.weights.h5"
    names = []
    with h5py.File(weights, "r+") as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        shape = file[names[0]].shape
        del file[names[0]]
        file.create_dataset(names[0], shape, np.float32, external=[(str(secret), 0, 4000)])
    path = repacked(saved[0], tmp_path / "m.keras", weights=weights.read_bytes())
    with pytest.raises(BadInputError, match="whose values lie in another file"):
        load_model(path)


def test_the_same_model_is_the_same_file(saved, tmp_path):
    _, network, digest = saved
    assert save_model(tmp_path / "again.keras", network, SPEC, CARD) == digest


def test_keras_alone_opens_it(saved):
    import keras

    network = keras.saving.load_model(saved[0], compile=False)
    for a, b in zip(saved[1].get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
