"""Stores in an object store and over HTTP."""

from __future__ import annotations

import functools
import http.server
import threading

import numpy as np
import pytest

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import HelixdaskError, StageFailedError, StoreDamagedError
from helixdask.report.page import write_run_report
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.engine.toy import ToyStage, make_store
from tests.s3_server import a_bucket

pytestmark = pytest.mark.slow

LENGTHS = [300_000, 1, 77_000]
HERE = RunOptions(workers=1, quiet=True)


@pytest.fixture(scope="module")
def bucket():
    """A bucket of an S3 server on this machine."""
    with a_bucket() as found:
        yield found


@pytest.mark.parametrize(
    ("do", "result", "requests"),
    [
        (lambda folder: folder.read("there"), b"bytes", {"GET": 1}),
        (lambda folder: folder.read("empty"), b"", {"GET": 1}),
        (lambda folder: folder.read("missing"), None, {"GET": 1}),
        (lambda folder: folder.exists("there"), True, {"GET": 1}),
        (lambda folder: folder.exists("empty"), True, {"GET": 1}),
        (lambda folder: folder.exists("missing"), False, {"GET": 1}),
        (lambda folder: folder.sizes(), {"empty": 0, "there": 5}, {"LIST": 1}),
        (lambda folder: folder.side_by_side(folder.read, ["there", "missing"] * 9), [b"bytes", None] * 9, {"GET": 18}),
    ],
)
def test_an_object_is_asked_for_once(bucket, do, result, requests):
    folder = Folder(f"{bucket.url}/folder")
    folder.write("there", b"bytes")
    folder.write("empty", b"")
    bucket.taken()
    assert do(folder) == result
    assert bucket.taken() == requests


def test_a_folder_is_cleared_but_for_what_is_kept(bucket):
    folder = Folder(f"{bucket.url}/cleared")
    for name in ("lock.1.json", "receipts/0.npz", "stage.json"):
        folder.write(name, b"bytes")
    bucket.taken()
    folder.clear(lambda name: name.startswith("lock."))
    assert bucket.taken() == {"LIST": 1, "POST": 1}
    assert list(folder.sizes()) == ["lock.1.json"]
    folder.remove_objects(["lock.1.json", "missing"])
    assert folder.names() == []


def test_looking_at_a_group_again_asks_only_whether_it_is_the_same(bucket, tmp_path):
    url = f"{bucket.url}/few.zarr"
    make_store(url, LENGTHS)
    store = Store.open(url)
    store.identity("genome")
    bucket.taken()
    store.identity("genome")
    assert not store.has_array("genome/no_such_track")  # its manifest tells
    assert bucket.taken() == {"GET": 1}


def test_write_and_resume_on_s3(bucket, tmp_path):
    url = f"{bucket.url}/toy.zarr"
    make_store(url, LENGTHS)
    (tmp_path / "fail-4").touch()
    with pytest.raises(StageFailedError):
        run_stage(ToyStage(str(tmp_path)), url, HERE)
    (tmp_path / "fail-4").unlink()
    summary = run_stage(ToyStage(str(tmp_path)), url, HERE)
    assert summary.resumed == 4
    store = hd.open_store(url)
    assert store.names("labels") == ["toy"]
    label = store.read("labels/toy/label", 0, store.n_bases)
    np.testing.assert_array_equal(label[0], store.read("genome/sequence", 0, store.n_bases))
    assert not store.folder.folder(".work/labels/toy").sizes()
    assert store.sel("c2:5-10").toy_label.shape == (2, 5)


@pytest.fixture
def web(tmp_path):
    """The folder as a web server shows it."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_read_over_http(web, tmp_path):
    pytest.importorskip("aiohttp")
    local = str(tmp_path / "toy.zarr")
    make_store(local, LENGTHS)
    run_stage(ToyStage(str(tmp_path)), local, HERE)
    store = hd.open_store(f"{web}/toy.zarr")
    assert store.names("labels") == ["toy"]
    here = hd.open_store(local).sel("c2:5-10").toy_label
    assert store.sel("c2:5-10").toy_label.values.tolist() == here.values.tolist()
    with pytest.raises(HelixdaskError, match="read-only"):
        run_stage(ToyStage(str(tmp_path), label="b"), store.url, HERE)
    assert Store.open(local).names("labels") == ["toy"]


@pytest.mark.slow
def test_the_page_of_a_run_over_http(web, tmp_path):
    pytest.importorskip("aiohttp")
    make_store(tmp_path / "toy.zarr", LENGTHS)
    write_run_report([Store.open(f"{web}/toy.zarr")], [], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert "377,001" in text
    assert "Cost: the history of a store over HTTP cannot be listed" in text


def test_a_shard_that_is_lost_over_http_is_told(web, tmp_path):
    pytest.importorskip("aiohttp")
    local = tmp_path / "toy.zarr"
    make_store(str(local), LENGTHS)
    url = f"{web}/toy.zarr"
    assert len(Store.open(url).read("genome/sequence", 0, 10)) == 10
    (local / "genome/sequence/c/1").unlink()
    with pytest.raises(StoreDamagedError, match=r"sequence/c/1.*is missing"):
        Store.open(url).read("genome/sequence", 70_000, 70_010)
    root = local / "zarr.json"
    root.write_bytes(root.read_bytes().replace(b'"fill_value": 4', b'"fill_value": 3'))
    with pytest.raises(StoreDamagedError, match="does not match its checksum"):
        Store.open(url)
