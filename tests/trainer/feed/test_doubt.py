"""Pseudolabels that reads contradict are not taught."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.trainer.feed.doubt import DoubtfulReads, doubtful_reads
from helixdask.trainer.feed.training_windows import gather_windows, read_split
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.windows.grid import Windows
from tests.trainer.conftest import POOL, add_library, write_toy_store

GROUP = "coverage/rnaseq/a"
READS = DoubtfulReads(GROUP, 3.0)


@pytest.fixture
def store(tmp_path):
    store = write_toy_store(tmp_path / "toy.zarr")
    add_library(store, GROUP, 0)
    return store


def read(store, doubt):
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    rows = np.arange(len(windows))
    reader = WindowReader(store, TrackSet(split.labels, (GROUP,), doubt=doubt))
    found = reader.new_buffers(len(rows), windows.window_length)
    reader.fill(found, rows, Windows(windows.contig, windows.start, windows.end, windows.strand))
    return found


def test_covered_intergenic_bases_are_masked_and_no_others(store):
    taught, masked = read(store, ()), read(store, (READS,))
    for name in ("codes", "label", "phase", "transition", "coverage"):
        np.testing.assert_array_equal(taught[name], masked[name])
    doubted = (taught["label"] == 0) & (taught["coverage"][..., 0] >= 3)
    assert doubted[taught["valid"] != 0].any()
    np.testing.assert_array_equal(masked["valid"] != 0, (taught["valid"] != 0) & ~doubted)


def test_the_depth_is_that_of_exons(store):
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    (found,) = doubtful_reads(store, 0, windows, split.labels, [GROUP])
    assert found.group == GROUP
    assert found.depth > 0
    assert doubtful_reads(store, 0, windows, split.labels, []) == ()
    assert doubtful_reads(store, 1, windows, split.labels, [GROUP]) == ()  # no window of that store
