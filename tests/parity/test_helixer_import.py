"""Helixer's own files are the same after a way through a store, and lead to what Helixer made of them."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from helixdask.store.store import Store
from tests.cli.support import done, helixdask

pytestmark = [pytest.mark.shared, pytest.mark.slow]

LABELLED = [
    "geenuff2h5/dummyloci.180.h5",
    "geenuff2h5/dummyloci.90.wb180.h5",
    "geenuff2h5/dummyloci.900.h5",
    "geenuff2h5/edges.180.h5",
    "geenuff2h5/edges.90.wb180.h5",
    "geenuff2h5/edges.900.h5",
    "geenuff2h5/intron_at_end.180.h5",
    "geenuff2h5/intron_at_end.90.wb180.h5",
    "geenuff2h5/intron_at_end.900.h5",
    "geenuff2h5/mini.21384.h5",
    "geenuff2h5/mini.6408.h5",
    "geenuff2h5/mini.6408.modes_y.h5",
    "geenuff2h5/mini.6408.wb.h5",
    "geenuff2h5/multi.2160.h5",
]
BARE = [
    "fasta2h5/crlf.fa.180.h5",
    "fasta2h5/edge.fa.180.h5",
    "fasta2h5/edge.fa.gz.180.h5",
    "fasta2h5/mini.21384.h5",
    "fasta2h5/mini.6408.h5",
    "fasta2h5/mini.6408.lzf.wb.h5",
    "fasta2h5/mini30.6408.h5",
    "fasta2h5/multi.2160.h5",
    "fasta2h5/space_id.fa.180.h5",
]
COVERED = [f"coverage/{name}.h5" for name in ("cases.first", "cases.second", "cases.unstranded", "sim1.second")]
ROUND = [
    *((name, "--labels reference") for name in LABELLED),
    *((name, "") for name in BARE),
    *((name, "--labels reference --coverage rnaseq") for name in COVERED),
    ("coverage/sim1.fasta2h5.second.h5", "--coverage rnaseq"),
    ("coverage/mini30.sim1.second.h5", "--coverage rnaseq"),
    ("geenuff2h5/mini.6408.add_additional.h5", "--alternative augustus=augustus"),
]
UNFINISHED = ["badchar", "badchar2", "empty_seq", "innerspace", "nonascii", "preamble", "trailspace"]
STORED = ("shape", "dtype", "chunks", "maxshape", "compression", "compression_opts", "shuffle")


def data_sets(file):
    found = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize(("name", "options"), ROUND)
def test_round(golden, tmp_path, name, options):
    store, out = tmp_path / "s.zarr", tmp_path / "out.h5"
    done("import", golden / name, "-o", store, "-q")
    with h5py.File(golden / name) as theirs:
        reference = data_sets(theirs)
        length = next(item.shape[1] for item in reference.values() if item.ndim > 2)
        options = options.split() + ["--compression", "lzf"] * ("lzf" in name) + ["--no-sequence"] * ("modes_y" in name)
        done("export", store, "--helixer", out, "--window-length", length, *options)
        with h5py.File(out) as ours:
            mine = data_sets(ours)
            assert set(mine) == set(reference)
            for path, dataset in reference.items():
                for what in STORED:
                    assert getattr(mine[path], what) == getattr(dataset, what), (path, what)
                assert mine[path].fillvalue == dataset.fillvalue
                if path.endswith("seqids") and ("edge.fa" in name or "space_id" in name):
                    continue  # ids are cut at white space here
                np.testing.assert_array_equal(mine[path][:], dataset[:], err_msg=path)


@pytest.mark.parametrize(("length", "order"), [(1000, "file"), (4729, "length"), (300_000, "file")])
def test_round_trip_at_another_length(golden, tmp_path, length, order):
    first, out, second = tmp_path / "a.zarr", tmp_path / "out.h5", tmp_path / "b.zarr"
    predictions = golden / "predictions/overfit.multi.2160.geenuff_order.ov.h5"
    done("import", golden / "geenuff2h5/multi.2160.h5", "-o", first, "--predictions", predictions, "-q")
    options = ("--labels", "reference", "--predictions", "overfit", "--order", order)
    done("export", first, "--helixer", out, "--window-length", length, *options)
    done("import", out, "-o", second, "-q")
    a, b = Store.open(first), Store.open(second)
    paths = ["genome/sequence", *(f"labels/reference/{track}" for track in ("label", "phase", "transition", "valid"))]
    paths += [f"predictions/overfit/{track}_probability" for track in ("class", "phase")]
    assert set(a.contigs.names) == set(b.contigs.names)
    for name, size in zip(a.contigs.names.tolist(), a.contigs.lengths.tolist(), strict=True):
        start, other = (int(store.contigs.offsets[store.contigs.index(name)]) for store in (a, b))
        for path in paths:
            assert np.array_equal(a.read(path, start, start + size), b.read(path, other, other + size)), (name, path)


@pytest.mark.parametrize("name", UNFINISHED)
def test_what_helixer_left_unfinished_is_a_named_error(golden, tmp_path, name):
    ran = helixdask("import", golden / f"fasta2h5/{name}.fa.180.h5", "-o", tmp_path / "s.zarr")
    assert ran.code == 2
    assert "there is no group `data`" in ran.err
    assert not (tmp_path / "s.zarr").exists()


def test_sequences_have_the_md5_of_the_fasta(golden, tmp_path):
    done("encode", golden / "inputs/mini_test_data.fa", "-o", tmp_path / "a.zarr", "-q")
    done("import", golden / "geenuff2h5/mini.6408.h5", "-o", tmp_path / "b.zarr", "-q")
    a, b = Store.open(tmp_path / "a.zarr"), Store.open(tmp_path / "b.zarr")
    for row, name in enumerate(a.contigs.names.tolist()):
        other = b.contigs.index(name)
        assert a.contigs.lengths[row] == b.contigs.lengths[other]
        assert (a.array("genome/contig_md5")[row] == b.array("genome/contig_md5")[other]).all()


@pytest.mark.parametrize(
    ("data", "predictions", "padding", "gff3"),
    [
        ("fasta2h5/mini.6408.h5", "overfit.ov.h5", "auto", "mini/overfit.ov.unshifted.100_0.1_0.8_60.gff3"),
        ("fasta2h5/mini.6408.h5", "overfit.ov.h5", "front", "mini/overfit.ov.unshifted.100_0.1_0.8_60.gff3"),
        ("fasta2h5/mini.6408.h5", "overfit.ov.h5", "end", "mini/overfit.ov.100_0.1_0.8_60.gff3"),
        ("fasta2h5/mini.6408.h5", "overfit.noov.h5", "end", "mini/overfit.noov.100_0.1_0.8_60.gff3"),
        ("geenuff2h5/mini.6408.h5", "../post/mini/label_preds.h5", "auto", "mini/label_preds.100_0.1_0.8_60.gff3"),
        ("post/example/genome_data.h5", "../post/example/predictions.h5", "auto", "example/out.100_0.1_0.8_60.gff3"),
    ],
)
def test_genes_called_from_imported_predictions(golden, tmp_path, data, predictions, padding, gff3):
    store, out = tmp_path / "s.zarr", tmp_path / "genes.gff3"
    source = golden / "predictions" / predictions
    done("import", golden / data, "-o", store, "--predictions", source, "--minus-padding", padding, "-q")
    done("call", store, "-o", out, "--rules", "helixer", "-q")
    assert out.read_text() == (golden / "post" / gff3).read_text()


@pytest.mark.parametrize("predictions", ["small", "small.ft", "cov1", "cov1.hid", "fullsize"])
def test_padding_of_every_network_is_found(golden, tmp_path, predictions):
    source = golden / f"predictions/mini30.{predictions}.noov.h5"
    ran = done(
        "import", golden / "fasta2h5/mini30.6408.h5", "-o", tmp_path / "s.zarr", "--predictions", source, "-q", "--json"
    )
    assert ran.json()[-1]["attrs"]["minus_padding"] == "front"


@pytest.mark.parametrize(
    ("data", "predictions"),
    [
        ("geenuff2h5/mini.6408.h5", "overfit.ov.h5"),
        ("fasta2h5/multi.2160.h5", "overfit.multi.2160.geenuff_order.ov.h5"),
    ],
)
def test_predictions_in_another_order_are_noticed(golden, tmp_path, data, predictions):
    source = golden / "predictions" / predictions
    ran = helixdask("import", golden / data, "-o", tmp_path / "s.zarr", "--predictions", source, "-q")
    assert ran.code == 2
    assert "look like bases and not like padding" in ran.err
    assert not (tmp_path / "s.zarr").exists()


def test_a_filtered_file(golden, tmp_path):
    store = tmp_path / "s.zarr"
    ran = done("import", golden / "scratch/multi.filt0.5.h5", "-o", store, "-q", "--json")
    genome, labels = (part["attrs"] for part in ran.json())
    assert genome["bases_missing"] == 56_160 <= genome["bases"]["n"]
    assert labels["bases_masked"] >= labels["bases_missing_plus"] + labels["bases_missing_minus"] > 0
    done("export", store, "--helixer", tmp_path / "o.h5", "--window-length", 2160, "--labels", "reference")
    with h5py.File(golden / "scratch/multi.filt0.5.h5") as theirs, h5py.File(tmp_path / "o.h5") as ours:
        keys = [
            {(seqid, *pair): row for row, (seqid, pair) in enumerate(zip(ids, pairs.tolist(), strict=True))}
            for ids, pairs in ((file["data/seqids"][:].tolist(), file["data/start_ends"][:]) for file in (theirs, ours))
        ]
        assert set(keys[0]) < set(keys[1])
        kept = [keys[1][key] for key in keys[0]]
        for name in ("X", "y", "phases", "transitions", "sample_weights", "gene_lengths"):
            assert np.array_equal(ours[f"data/{name}"][:][kept], theirs[f"data/{name}"][:]), name
        lost = sorted(set(range(len(ours["data/X"]))) - set(kept))
        assert not ours["data/sample_weights"][:][lost].any()


def test_a_filtered_file_into_the_store_of_its_genome(golden, tmp_path):
    store = tmp_path / "s.zarr"
    done("encode", golden / "inputs/multi.fa", "-o", store, "-q")
    ran = done("import", golden / "scratch/multi.filt0.2.h5", "-o", store, "-q", "--json")
    assert [part["group"] for part in ran.json()] == ["labels/reference"]
    done("labels", store, "--gff3", golden / "inputs/multi.gff3", "--rules", "helixer", "--name", "again", "-q")
    opened = Store.open(store)
    masked = opened.array("labels/reference/valid")[:] == 0
    for track in ("label", "phase", "transition", "gene_length", "valid"):
        ours, theirs = opened.array(f"labels/reference/{track}")[:], opened.array(f"labels/again/{track}")[:]
        assert np.array_equal(ours[~masked], theirs[~masked])


def test_older_files(shared, tmp_path):
    files = shared / "data/edge_gff/helixer"
    ran = done("import", files / "helixer_mini_test_data.h5", "-o", tmp_path / "a.zarr", "-q", "--json")
    assert ran.json()[1]["attrs"]["not_in_file"] == ["phases"]
    source = files / "helixerpost_predictions.h5"
    done("import", files / "helixerpost_genome_data.h5", "-o", tmp_path / "b.zarr", "--predictions", source, "-q")
    assert Store.open(tmp_path / "b.zarr").names("predictions") == ["land_plant_v0.3_a_0100"]
