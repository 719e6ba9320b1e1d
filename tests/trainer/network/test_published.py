"""Published models: the list, and downloads from a server of our own."""

import http.server
import json
import tempfile
import threading
from functools import partial

import h5py
import pytest

from helixdask.errors import BadInputError, MissingInputError
from helixdask.trainer.base_models import shipped_models
from helixdask.trainer.network import published
from helixdask.trainer.network.describe import describe_model


class Server(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *parts):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder that is served; models go to another."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        monkeypatch.setenv("HELIXDASK_MODELS_URL", f"http://127.0.0.1:{httpd.server_port}")
        monkeypatch.setenv("HELIXDASK_MODELS", str(tmp_path / "kept"))
        monkeypatch.setattr(published.platformdirs, "user_data_path", lambda name: tmp_path / name)
        yield folder
        httpd.shutdown()
        thread.join()


def write_h5(path, value=1):
    with h5py.File(path, "w") as file:
        file["a"] = value


def test_the_list():
    models = published.published_models()
    assert len(models) == 24
    first = {model.lineage: model for model in reversed(models)}
    assert first["land_plant"].name == "land_plant_v0.3_a_0080"
    assert first["land_plant"].window == 64_152
    assert first["fungi"].name == "fungi_v0.3_a_0100"
    assert all(model.overlap_offset * 2 == model.window for model in models)


def test_downloaded_once_and_checked_ever_after(server, tmp_path):
    write_h5(server / "fungi_v0.3_a_0100.h5")
    path = published.model_path("fungi")
    assert path == str(tmp_path / "kept" / "fungi_v0.3_a_0100.h5")
    (server / "fungi_v0.3_a_0100.h5").unlink()
    assert published.model_path("fungi_v0.3_a_0100") == path
    write_h5(tmp_path / "kept" / "fungi_v0.3_a_0100.h5", 2)
    with pytest.raises(BadInputError, match="changed since it was downloaded"):
        published.model_path("fungi")


def test_another_file_under_the_same_name_is_refused(server, tmp_path):
    write_h5(server / "fungi_v0.3_a_0100.h5")
    kept = tmp_path / "kept" / "fungi_v0.3_a_0100.h5"
    published.model_path("fungi")
    kept.unlink()
    write_h5(server / "fungi_v0.3_a_0100.h5", 2)
    with pytest.raises(BadInputError, match="another file than before"):
        published.model_path("fungi")
    assert not kept.exists()


def test_a_page_is_no_model(server, tmp_path):
    (server / "fungi_v0.3_a_0100.h5").write_text("<html>log in</html>")
    with pytest.raises(BadInputError, match="no HDF5 file"):
        published.model_path("fungi")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == []


def test_not_there(server):
    with pytest.raises(MissingInputError, match="cannot be downloaded"):
        published.model_path("vertebrate")


def test_helixers_own_folder_is_looked_into(server, tmp_path):
    folder = tmp_path / "Helixer" / "models" / "fungi"
    folder.mkdir(parents=True)
    write_h5(folder / "fungi_v0.3_a_0100.h5")
    assert published.model_path("fungi") == str(folder / "fungi_v0.3_a_0100.h5")


def test_names_that_mean_nothing():
    with pytest.raises(BadInputError, match="neither a file nor a model that comes with helixdask"):
        published.model_path("wheat")
    assert published.model_path("absent.keras") == "absent.keras"


def test_without_a_home(tmp_path, monkeypatch):
    def nowhere(name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("HELIXDASK_MODELS", raising=False)
    monkeypatch.setattr(published.platformdirs, "user_data_path", nowhere)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert tmp_path in published.model_folder().parents
    assert published.find(published.published_models()[0]) is None


def test_models_that_come_along_need_no_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fungi-mini").mkdir()  # a folder of that name is not in the way
    path = published.model_path("fungi-mini")
    assert describe_model(path).card["name"] == "fungi-mini"
    assert [model.name for model in shipped_models()][-1] == "demo"
    assert all(model.path.stat().st_size < 3_000_000 for model in shipped_models())


@pytest.mark.parametrize("model", shipped_models(), ids=lambda model: model.name)
def test_their_cards_name_no_private_place(model):
    card = json.dumps(describe_model(model.path).card)
    assert "/" not in card.replace("m/s", "")
