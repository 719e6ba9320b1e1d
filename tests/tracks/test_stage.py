from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.explore import open_store
from helixdask.tracks.stage import TrackStage
from tests.cli.support import done, helixdask
from tests.small_store import small_store

LENGTHS = [70_000, 3, 65_536, 100_001]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return small_store(tmp_path_factory.mktemp("tracks") / "s.zarr", LENGTHS)[0]


def run(store, path, kind, **more):
    return run_stage(TrackStage(str(path), kind, **more), store.url, RunOptions(quiet=True, workers=1, replace=True))


@st.composite
def intervals(draw):
    contig = draw(st.integers(0, len(LENGTHS) - 1))
    start = draw(st.integers(0, LENGTHS[contig]))
    return contig, start, draw(st.integers(start, LENGTHS[contig]))


@pytest.mark.slow
@settings(max_examples=15)
@given(st.lists(intervals(), max_size=20))
def test_the_mask_is_the_union_of_the_intervals(store, tmp_path, rows):
    path = tmp_path / "r.bed"
    path.write_text("".join(f"contig{c}\t{a}\t{b}\n" for c, a, b in rows))
    expected = np.zeros(store.n_bases, np.uint8)
    for contig, start, end in rows:
        offset = int(store.contigs.offsets[contig])
        expected[offset + start : offset + end] = 1
    summary = run(store, path, "bed")
    np.testing.assert_array_equal(store.read("tracks/repeats/mask", 0, store.n_bases), expected)
    assert summary.attrs["bases"] == expected.sum()
    with pytest.raises(MissingInputError):
        open_store(store.url).array("tracks/repeats/value")


def test_values_are_seen_in_regions_and_windows(store, tmp_path):
    path = tmp_path / "v.bedgraph"
    path.write_text("contig0\t10\t20\t2.5\ncontig3\t0\t4\t-1\n")
    run(store, path, "bedgraph", output="score")
    opened = open_store(store.url)
    view = opened.sel("contig0:8-12")
    np.testing.assert_array_equal(view.score_value.values, np.array([np.nan, np.nan, 2.5, 2.5], np.float32))
    assert "score_mask" not in view
    windows = opened.windows(100_001)
    last = windows.isel(window=int(np.flatnonzero((windows.contig == 3) & (windows.strand == 1))[0]))
    np.testing.assert_array_equal(last.score_value[-5:].values, np.array([np.nan, -1, -1, -1, -1], np.float32))
    assert "score" in next(line for line in repr(opened).splitlines() if line.split()[0] == "tracks")
    assert opened.summary()["tracks"]["score"]["bases"] == 14


def test_soft_masking_is_seen_in_regions(store):
    view = open_store(store.url).sel("contig0:0-50")
    assert view.soft_masked.dtype == bool
    np.testing.assert_array_equal(view.soft_masked.values, view.sequence.values >= 0x80)


@pytest.mark.slow
def test_on_the_command_line(store, tmp_path):
    path, names = tmp_path / "r.gff3", tmp_path / "names.tsv"
    path.write_text("chr1\t.\tLTR\t1\t5\t.\t.\t.\t.\nunknown\t.\tLTR\t1\t5\t.\t.\t.\t.\n")
    names.write_text("chr1\tcontig0\n")
    arguments = ("track", store.url, "--gff3", path, "--name", "ltr", "--aliases", names, "--type", "LTR")
    attrs = done(*arguments, "--json", "--quiet").json()[0]["attrs"]
    assert (attrs["bases"], attrs["rows"], attrs["names_unmatched"]) == (5, 1, {"unknown": 1})
    assert done(*arguments, "--json", "--quiet").json()[0]["state"] == "already there"
    assert "ltr_mask" in done("inspect", store.url, "contig0:0-10").out
    done("inspect", store.url, "contig0:0-1000", "--plot", tmp_path / "p.png")
    assert helixdask("track", store.url, "--name", "x").code == 2
    assert helixdask("track", store.url, "--bed", path, "--gff3", path).code == 2
    assert helixdask("track", store.url, "--bed", path, "--type", "LTR", "--name", "y").code == 2


def test_an_unknown_kind(store, tmp_path):
    with pytest.raises(BadInputError, match="the kind of file"):
        run(store, tmp_path / "x", "wig")
