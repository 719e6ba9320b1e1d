"""Pseudolabels that reads or the predictions behind them contradict are not taught."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.trainer.feed.doubt import GENIC, NO_DOUBT, Doubt, DoubtfulReads, doubt_of, doubtful_reads
from helixdask.trainer.feed.training_windows import gather_windows, read_split
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.windows.grid import Windows
from tests.small_store import publish
from tests.trainer.conftest import POOL, add_library, write_toy_store

GROUP = "coverage/rnaseq/a"
READS = DoubtfulReads(GROUP, 3.0)


@pytest.fixture
def store(tmp_path):
    """Labels that were called from predictions that are unsure everywhere."""
    store = write_toy_store(tmp_path / "toy.zarr")
    add_library(store, GROUP, 0)
    rng = np.random.default_rng(1)
    probability = rng.dirichlet(np.ones(4), (2, store.n_bases)).transpose(0, 2, 1).astype(np.float16)
    publish(store, "predictions/base", {"class_probability": probability})
    store.begin_group("genes/pseudo")
    store.complete_group("genes/pseudo", {"digest": "genes", "settings": {"predictions": "base"}})
    attrs = store.attrs("labels/reference")
    store.complete_group("labels/reference", {**attrs, "settings": {"genes": "pseudo"}})
    return store


def read(store, doubt):
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    rows = np.arange(len(windows))
    reader = WindowReader(store, TrackSet(split.labels, (GROUP,), "base", doubt))
    found = reader.new_buffers(len(rows), windows.window_length)
    reader.fill(found, rows, Windows(windows.contig, windows.start, windows.end, windows.strand))
    return found


def test_covered_intergenic_bases_are_masked_and_no_others(store):
    taught, masked = read(store, NO_DOUBT), read(store, Doubt((READS,)))
    for name in ("codes", "label", "phase", "transition", "coverage", "confidence"):
        np.testing.assert_array_equal(taught[name], masked[name])
    doubted = (taught["label"] == 0) & (taught["coverage"][..., 0] >= 3)
    assert doubted[taught["valid"] != 0].any()
    np.testing.assert_array_equal(masked["valid"] != 0, (taught["valid"] != 0) & ~doubted)


def test_bases_that_may_be_genic_are_masked(store):
    taught, masked = read(store, NO_DOUBT), read(store, Doubt(predictions="base"))
    perhaps = 1 - taught["confidence"] >= GENIC  # where the label is intergenic, that is the genic probability
    doubted = (taught["label"] == 0) & perhaps
    assert doubted[taught["valid"] != 0].any()
    np.testing.assert_array_equal(masked["valid"] != 0, (taught["valid"] != 0) & ~doubted)


def test_what_casts_doubt_on_the_labels_of_a_store(store):
    windows, _ = gather_windows([read_split(store)], POOL)
    found = doubt_of(store, 0, windows, "reference", [GROUP])
    assert found == Doubt(doubtful_reads(store, 0, windows, "reference", [GROUP]), "base")
    read(store, found)


def test_the_depth_is_that_of_exons(store):
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    (found,) = doubtful_reads(store, 0, windows, split.labels, [GROUP])
    assert found.group == GROUP
    assert found.depth > 0
    assert doubtful_reads(store, 0, windows, split.labels, []) == ()
    assert doubtful_reads(store, 1, windows, split.labels, [GROUP]) == ()  # no window of that store
