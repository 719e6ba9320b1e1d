"""A small simulated species, a tiny network, and stores made of them by the command line itself."""

import shutil

import pytest

from helixdask.simulate import SimulateSettings, simulate
from tests.cli.support import done

WINDOW = 900


@pytest.fixture(scope="session")
def species(tmp_path_factory):
    """Genome of four contigs, truth, reads."""
    settings = SimulateSettings(bases=120_000, seed=3, contigs=2, read_depth=8)
    return simulate(settings, tmp_path_factory.mktemp("species"))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Untrained and without an LSTM, which takes long to build; its opinions differ along the genome."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    spec = NetworkSpec(cnn_layers=2, filter_depth=8, kernel_size=5, pool_size=9, lstm_layers=0, units=8)
    network = build_network(spec, seed=1)
    kernel, bias = network.get_layer("head").get_weights()
    bias[: 4 * spec.pool_size : 4] -= 2  # less intergenic
    network.get_layer("head").set_weights([8 * kernel, bias])
    save_model(path, network, spec, default_card(inference_window=1800, training_window=WINDOW))
    return path


@pytest.fixture(scope="session")
def _labelled(species, tmp_path_factory):
    store = tmp_path_factory.mktemp("labelled") / "labelled.zarr"
    done("encode", species.genome, "-o", store, "--species", "simulated", "--workers", "1", "-q")
    done("labels", store, "--gff3", species.truth, "--workers", "1", "-q")
    return store


@pytest.fixture
def labelled(_labelled, tmp_path):
    """A store with genome and reference labels, to be written to."""
    return shutil.copytree(_labelled, tmp_path / "labelled.zarr")


@pytest.fixture(scope="session")
def labelled_forever(_labelled):
    """The same, to be read only."""
    return _labelled
