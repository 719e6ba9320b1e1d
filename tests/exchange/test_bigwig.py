import logging

import numpy as np
import pybigtools
import pytest

from helixdask.coverage.adding import plan_libraries
from helixdask.coverage.libraries import Library
from helixdask.coverage.settings import CoverageSettings
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.exchange.bigwig import export_bigwig, export_probability_bigwig
from tests.coverage.plain_count import Read, write_bam
from tests.coverage.small_genome import HERE, LENGTHS, make_store, reads_of_genes
from tests.small_store import small_store


def add(store, *libraries, set_name="rnaseq"):
    for stage in plan_libraries(store, libraries, CoverageSettings(set_name=set_name)):
        run_stage(stage, store.url, HERE)


def test_what_is_written_reads_back_and_comes_in_again(tmp_path):
    store = make_store(tmp_path)
    names = {"two": LENGTHS["two"], "one": LENGTHS["one"]}  # another order than the genome's
    reads = [*reads_of_genes(True), Read("end", 0, 0, 149_990, "10M"), Read("start", 16, 1, 0, "10M")]
    swapped = [read._replace(contig=1 - read.contig) for read in reads]
    add(store, Library("a", write_bam(tmp_path / "a.bam", names, swapped), strandedness="forward"))
    files = export_bigwig(store, tmp_path / "out")
    assert [f.name for f in files] == ["a.plus.bw", "a.minus.bw", "a.spliced.plus.bw", "a.spliced.minus.bw"]
    for file, (track, row) in zip(
        files, [(t, r) for t in ("coverage", "spliced_coverage") for r in (0, 1)], strict=True
    ):
        with pybigtools.open(str(file)) as bigwig:
            for contig, start in (("one", 0), ("two", LENGTHS["one"])):
                mine = store.read(f"coverage/rnaseq/a/{track}", start, start + LENGTHS[contig])[row]
                np.testing.assert_array_equal(bigwig.values(contig, 0, LENGTHS[contig], fillna=0.0), mine)
                assert mine.any()
    plus, minus, spliced_plus, spliced_minus = map(str, files)
    add(
        store,
        Library("a", plus, "bigwig", minus_path=minus, spliced_path=spliced_plus, spliced_minus_path=spliced_minus),
        set_name="again",
    )
    for track in ("coverage", "spliced_coverage"):
        np.testing.assert_array_equal(
            store.read(f"coverage/again/a/{track}", 0, store.n_bases),
            store.read(f"coverage/rnaseq/a/{track}", 0, store.n_bases),
        )
    with pytest.raises(MissingInputError, match="several coverage"):
        export_bigwig(store, tmp_path / "out")
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == sorted(f.name for f in files)


def test_tracks_without_values_make_no_file_and_rounding_is_told(tmp_path, caplog):
    store = make_store(tmp_path)
    (tmp_path / "deep.bedgraph").write_text(f"one\t5\t9\t{(1 << 24) + 1}\n")
    add(store, Library("deep", str(tmp_path / "deep.bedgraph"), "bedgraph", strand="minus"))
    with caplog.at_level(logging.WARNING):
        files = export_bigwig(store, tmp_path / "out")
    assert [f.name for f in files] == ["deep.minus.bw"]
    assert "above 16,777,216 are rounded" in caplog.text


def test_a_folder_that_cannot_be_made(tmp_path):
    store = make_store(tmp_path)
    with pytest.raises(MissingInputError):
        export_bigwig(store, tmp_path / "out")
    (tmp_path / "flat.bg").write_text("one\t5\t9\t1\n")
    add(store, Library("flat", str(tmp_path / "flat.bg"), "bedgraph"))
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="cannot be written"):
        export_bigwig(store, tmp_path / "file")


@pytest.mark.parametrize("quantised", [False, True])
def test_probabilities_in_hundredths(tmp_path, quantised):
    store, tracks = small_store(tmp_path / "g.zarr", [3_000, 500], names=["b", "a"], quantised=quantised)
    files = export_probability_bigwig(store, tmp_path / "out")
    assert [f.name for f in files[:3]] == ["base.genic.plus.bw", "base.genic.minus.bw", "base.utr.plus.bw"]
    values = tracks["probability"].astype(np.float32) / (255 if quantised else 1)
    for row, file in enumerate(files[:2]):
        with pybigtools.open(str(file)) as bigwig:
            for contig, start, size in (("b", 0, 3_000), ("a", 3_000, 500)):
                mine = values[row, 1:, start : start + size].sum(axis=0)
                np.testing.assert_allclose(bigwig.values(contig, 0, size, fillna=0.0), mine, atol=0.0051)
