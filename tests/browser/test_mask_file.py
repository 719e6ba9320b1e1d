"""What labels mask, as intervals: to the base, on their strand, and with reasons."""

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.browser import mask_file
from helixdask.browser.folder import Chosen, write_browser_folder
from helixdask.browser.mask_file import masked_stretches, runs, write_masks
from tests.example_store import example_store
from tests.small_store import small_store


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=30))
def test_runs(keys):
    starts, ends = runs(np.array(keys))
    painted = [-1] * len(keys)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        assert len({*keys[start:end]}) == 1
        painted[start:end] = keys[start:end]
    assert painted == keys
    assert all(keys[a - 1] != keys[b] for a, b in zip(ends[:-1], starts[1:], strict=True) if a == b)


@pytest.mark.parametrize("block", [64, 1 << 20])
def test_every_masked_base_and_no_other(tmp_path, monkeypatch, block):
    monkeypatch.setattr(mask_file, "_BLOCK", block)
    store, tracks = small_store(tmp_path / "s.zarr", [200, 1, 170, 64])
    told = []
    assert write_masks(store, "reference", tmp_path / "m.bed.gz", told.append)
    assert sum(told) == 2 * store.n_bases
    valid = np.ones_like(tracks["valid"])
    with pysam.TabixFile(str(tmp_path / "m.bed.gz")) as file:
        rows = [line.split("\t") for line in file.fetch()]
        assert len(list(file.fetch("contig2", 0, 60))) > 2
    for contig, start, end, name, _, strand in rows:
        offset = store.contigs.offsets[store.contigs.index(contig)]
        assert valid[int(strand == "-"), offset + int(start) : offset + int(end)].all()  # none twice
        valid[int(strand == "-"), offset + int(start) : offset + int(end)] = 0
        assert name == "masked"  # labels without findings
    assert np.array_equal(valid, tracks["valid"])
    found = masked_stretches(store, "reference", told.append)
    same = (found.strand[1:] == found.strand[:-1]) & (found.contig[1:] == found.contig[:-1])
    assert not (same & (found.start[1:] == found.end[:-1])).any()  # in one


def test_reasons_are_those_of_the_genes_they_touch(tmp_path):
    store = example_store(tmp_path)
    genes = store.table("genes/reference")
    first, second = ((int(genes["gene_strand"][n]), int(genes["gene_end"][n])) for n in (0, 1))
    valid = np.ones((2, store.n_bases), np.uint8)
    valid[first[0], first[1] : first[1] + 5] = 0
    valid[1 - first[0], first[1] : first[1] + 5] = 0
    valid[second[0], second[1] - 3 : second[1]] = 0
    findings = {name: np.array(["x"] * 3, object) for name in ("severity", "file", "contig", "action")}
    findings |= {"code": np.array(["missing_utr_3p", "too_short_intron", "cds_overlap"], object)}
    findings |= {"gene": genes["gene_id"][[0, 1, 1]], "line": np.zeros(3, np.int64)}
    store.begin_group("labels/masked")
    store.write_table("labels/masked/findings", {f"finding_{name}": values for name, values in findings.items()})
    store.create_tracks("labels/masked")
    store.write_region("labels/masked/valid", 0, valid)
    store.complete_group(
        "labels/masked", {"digest": "x", "stage": "labels", "inputs": {}, "settings": {"genes": "reference"}}
    )
    write_browser_folder(store, tmp_path / "b", Chosen.of(store, "reference", "base", "rnaseq", "masked"), quiet=True)
    with pysam.TabixFile(str(tmp_path / "b/labels/masked.masked.bed.gz")) as file:
        rows = [line.split("\t") for line in file.fetch("one")]
    names = {(row[5], int(row[2])): row[3] for row in rows}
    assert names["+-"[first[0]], first[1] + 5] == "missing_utr_3p"
    assert names["-+"[first[0]], first[1] + 5] == "masked"
    assert names["+-"[second[0]], second[1]] == "too_short_intron,cds_overlap"
    config = (tmp_path / "b/config.json").read_text()
    assert config.index("genes-reference") < config.index("labels-masked") < config.index("predictions-base")


def test_labels_that_mask_nothing_make_no_file(tmp_path):
    store, tracks = small_store(tmp_path / "s.zarr", [90])
    store.begin_group("labels/all")
    store.create_tracks("labels/all")
    store.write_region("labels/all/valid", 0, np.ones_like(tracks["valid"]))
    store.complete_group("labels/all", {"digest": "y", "stage": "labels", "inputs": {}})
    assert not write_masks(store, "all", tmp_path / "m.bed.gz", lambda bases: None)
    assert list(tmp_path.glob("*.gz*")) == []
