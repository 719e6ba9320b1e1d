"""Damage of what the trainer reads: the named error, from the stream too."""

import shutil
from pathlib import Path

import pytest

from helixdask.errors import StoreDamagedError
from helixdask.store.store import Store
from tests.trainer.feed.test_dataset import make_feeds


@pytest.fixture
def damaged(toy_store, tmp_path):
    return Store.open(shutil.copytree(toy_store.url, tmp_path / "damaged.zarr"))


def feed_of(store):
    return make_feeds(store)[0]


def flip(store, path):
    file = Path(store.url) / path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("path", ["genome/sequence/c/0", "labels/reference/label/c/0/0"])
def test_flipped_bytes_are_named_by_reader_and_stream(damaged, path):
    flip(damaged, path)
    feed = feed_of(damaged)
    with pytest.raises(StoreDamagedError, match=r"(sequence|label).*\n.*helixdask verify"):
        feed.read(0)
    with pytest.raises(StoreDamagedError, match=r"(sequence|label).*\n.*helixdask verify"):
        list(feed.batches(0, 1))


def test_a_lost_shard_is_told_before_anything_is_read(damaged):
    damaged.folder.remove("labels/reference/label/c/0/0")
    with pytest.raises(StoreDamagedError, match="is missing"):
        feed_of(damaged)


def test_a_shard_that_is_lost_later_is_told_by_the_next_epoch(damaged):
    feed = feed_of(damaged)
    assert len(list(feed.batches(0, 1))) == 1
    damaged.folder.remove("labels/reference/label/c/0/0")
    with pytest.raises(StoreDamagedError, match="is missing"):
        list(feed.batches(0, 1))
