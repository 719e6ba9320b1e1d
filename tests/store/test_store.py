"""Groups, tracks and tables of a store."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

import helixdask as hd
from helixdask.errors import AlreadyExistsError, InternalError, MissingInputError, StoreFormatError
from helixdask.registry import ARRAYS, DIMENSIONS, POSITION, arrays_of, genome_shard_length, template_of
from helixdask.store.layout import track_layout
from helixdask.store.store import Store
from tests.engine.toy import make_store

LENGTHS = [70_000, 30, 66_000]


@pytest.fixture
def store(tmp_path):
    store = make_store(str(tmp_path / "a.zarr"), LENGTHS)
    store.begin_group("labels/reference")
    store.create_tracks("labels/reference")
    store.write_region("labels/reference/label", 65_536, np.full((2, 65_536), 2, np.uint8))
    store.complete_group("labels/reference", {"digest": "x"})
    return store


def test_registry_is_consistent():
    assert len({(spec.group, spec.name) for spec in ARRAYS}) == len(ARRAYS)
    for spec in ARRAYS:
        assert set(spec.dims) <= set(DIMENSIONS)
        assert spec.name not in DIMENSIONS
        assert POSITION not in spec.dims[:-1]
        assert template_of(spec.group.replace("{", "").replace("}", "")) == spec.group


@pytest.mark.parametrize("n_bases", [1, 1000, 12_000_000, 400_000_000, 17_000_000_000])
def test_shards_nest_and_leave_tasks_for_everybody(n_bases):
    longest = genome_shard_length(n_bases)
    for spec in ARRAYS:
        if spec.is_track:
            layout = track_layout(spec, n_bases)
            assert longest % layout.shards[-1] == 0
            assert layout.shards[-1] % layout.chunks[-1] == 0
    if n_bases >= 12_000_000:
        assert 16 <= n_bases / longest <= 32 or longest == 1 << 21


def test_part_of_a_shard_is_refused(store):
    with pytest.raises(InternalError, match="nobody has begun"):
        store.write_region("labels/reference/label", 0, np.zeros((2, 65_536), np.uint8))
    store.begin_group("labels/reference")
    store.create_tracks("labels/reference")
    with pytest.raises(InternalError, match="whole shards"):
        store.write_region("labels/reference/label", 65_536, np.zeros((2, 100), np.uint8))
    with pytest.raises(InternalError, match="whole shards"):
        store.write_region("labels/reference/label", 100, np.zeros((2, 65_536), np.uint8))
    last = store.n_bases - 131_072
    store.write_region("labels/reference/label", 131_072, np.ones((2, last), np.uint8))


def test_names_and_resolve(store):
    assert store.names("labels") == ["reference"]
    assert store.resolve("labels") == "reference"
    with pytest.raises(MissingInputError, match="helixdask predict"):
        store.resolve("predictions")
    with pytest.raises(MissingInputError, match="It has: reference"):
        store.resolve("labels", "pseudo")
    store.begin_group("labels/pseudo")
    assert store.resolve("labels") == "reference"
    store.complete_group("labels/pseudo", {"digest": "y"})
    with pytest.raises(MissingInputError, match="pseudo, reference"):
        store.resolve("labels")


def test_coverage_sets_hold_libraries(store):
    assert store.names("coverage") == []
    store.begin_group("coverage/rnaseq/leaf")
    assert store.names("coverage") == []
    store.complete_group("coverage/rnaseq/leaf", {"digest": "x"})
    assert store.names("coverage") == ["rnaseq"]
    assert store.names("coverage/rnaseq") == ["leaf"]


def test_table_round_trip(store):
    columns = {
        "gene_id": np.array(["a", "b c", "ü"], dtype=object),
        "gene_start": np.array([1, 2, 2**40]),
        "gene_score": np.array([0.5, np.nan, 1], np.float32),
    }
    store.begin_group("genes/x")
    store.write_table("genes/x", columns)
    with pytest.raises(MissingInputError):
        Store.open(store.url).table("genes/x")
    with pytest.raises(InternalError, match="declares no column"):
        store.write_table("genes/x", {"colour": np.zeros(3)})
    store.complete_group("genes/x", {"digest": "x"})
    back = Store.open(store.url).table("genes/x")
    assert back["gene_id"].tolist() == ["a", "b c", "ü"]
    np.testing.assert_array_equal(back["gene_start"], columns["gene_start"])
    np.testing.assert_array_equal(back["gene_score"], columns["gene_score"])


def test_arrays_are_as_declared(store):
    for name, spec in arrays_of("labels/reference").items():
        if spec.is_track:
            array = store.array(f"labels/reference/{name}")
            assert array.dims == spec.dims
            assert array.dtype == np.dtype(spec.dtype)
            assert array.fill_value == spec.fill


def test_xarray_opens_all_that_is_published(store):
    store.begin_group("labels/unfinished")
    store.create_tracks("labels/unfinished")
    with xr.open_datatree(store.url, engine="zarr", chunks={}) as tree:
        assert sorted(tree["labels"].children) == ["reference"]
        assert tree["labels/reference"]["label"].dims == ("strand", "position")
        assert tree["genome"]["contig_name"].values.tolist() == ["c0", "c1", "c2"]


def test_consolidated_metadata_is_derived(store):
    before = Path(store.url, "zarr.json").read_bytes()
    store.begin_group("labels/b")
    store.complete_group("labels/b", {"digest": "y"})
    assert "labels/b" in json.loads(Path(store.url, "zarr.json").read_text())["consolidated_metadata"]["metadata"]
    store.remove_group("labels/b")
    assert Path(store.url, "zarr.json").read_bytes() == before


def test_travels_as_its_url(store):
    assert pickle.loads(pickle.dumps(store)).n_bases == sum(LENGTHS)


def test_what_is_no_store(tmp_path):
    with pytest.raises(StoreFormatError, match="helixdask encode"):
        Store.open(tmp_path / "nothing")
    zarr.open_group(tmp_path / "other.zarr", mode="w")
    with pytest.raises(StoreFormatError, match="format None"):
        Store.open(tmp_path / "other.zarr")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(AlreadyExistsError):
        Store.create(tmp_path / "full", species="x")


def test_empty_store_says_how_to_go_on(tmp_path):
    store = Store.create(tmp_path / "a.zarr", species="x")
    with pytest.raises(MissingInputError, match="no genome yet"):
        _ = store.contigs
    with pytest.raises(AlreadyExistsError, match="'x' is here"):
        Store.create(tmp_path / "a.zarr", species="y")


def test_sel_is_lazy_and_right(store):
    view = hd.open_store(store.url).sel("c2:0-66,000")
    assert view.sizes["position"] == 66_000
    assert view.reference_label.chunks is not None
    codes = store.read("genome/sequence", 70_030, 136_030)
    np.testing.assert_array_equal(view.sequence.values, codes)
    assert view.reference_label.values.sum() == 2 * 2 * (131_072 - 70_030)
    assert view.attrs["contig"] == "c2"
    small = hd.open_store(store.url).sel("c0:65,530-65,540").reference_label.values
    assert small[0].tolist() == [0] * 6 + [2] * 4


def test_repr_names_what_is_there(store):
    text = repr(hd.open_store(store.url))
    assert "toy" in text
    assert "reference" in text
    assert "136,030" in text


def test_html_names_what_is_there(store):
    html = hd.open_store(store.url)._repr_html_()
    assert "<th>labels</th><td>reference</td>" in html
    assert "136,030" in html
    assert "<helixdask" not in html


def test_classes_and_bits_have_values(store):
    label = store.array("labels/reference/label").attrs
    assert label["flag_values"] == [0, 1, 2, 3]
    assert len(label["flag_meanings"].split()) == 4
    assert store.array("labels/reference/transition").attrs["flag_masks"] == [1, 2, 4, 8, 16, 32]
    assert hd.open_store(store.url).sel("c0").reference_label.attrs["flag_values"] == [0, 1, 2, 3]


def test_detours_in_a_path_are_taken_out(store, monkeypatch):
    folder = Path(store.url).parent
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert Store.open("../a.zarr").url == store.url
    assert Store.open("../a.zarr").folder.url == store.url


def test_the_tree_has_one_block_for_each_shard(store):
    tree = hd.open_store(store.url).tree
    assert tree["labels/reference"]["label"].chunks[-1] == (65_536, 65_536, 136_030 - 131_072)
