"""Label and coverage columns: Helixer's own arrays put into a store as tracks come out as the same file."""

import h5py
import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.exchange.helixer_h5 import export_helixer
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store


def tracks_of(file, store, names):
    """Genome-long arrays in plus orientation from rows of windows."""
    rows = [row.decode() for row in file["data/seqids"][:]]
    pairs = file["data/start_ends"][:]
    out = {}
    for name in names:
        values = file[name][:]
        track = np.zeros((2, store.n_bases, *values.shape[2:]), values.dtype)
        for seqid, (first, last), row in zip(rows, pairs, values, strict=True):
            start, stop, strand = min(first, last), max(first, last), int(first > last)
            offset = store.contigs.offsets[store.contigs.index(seqid)]
            part = row[: stop - start]
            track[strand, offset + start : offset + stop] = part[::-1] if strand else part
        out[name] = track
    return out


def add(store, group, tracks):
    store.begin_group(group, {})
    store.create_tracks(group)
    for name, values in tracks.items():
        store.write_region(f"{group}/{name}", 0, np.ascontiguousarray(values))
    store.complete_group(group, {"digest": "x"})


def add_gene_order(store, annotation):
    """Only what settles ties between contigs of one length: the contig of each gene, in the order of the file."""
    lines = [line.split("\t") for line in annotation.read_text().splitlines() if line and not line.startswith("#")]
    contigs = [store.contigs.index(fields[0]) for fields in lines if fields[2] == "gene"]
    store.begin_group("genes/reference", {})
    store.write_table("genes/reference", {"gene_contig": np.array(contigs, np.int32)})
    store.complete_group("genes/reference", {"digest": "x"})


def store_of(fasta, folder, species):
    url = str(folder / "s.zarr")
    run_stage(EncodeStage(str(fasta), species), url, RunOptions(workers=1, quiet=True))
    return Store.open(url)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("fasta", "annotation", "expected", "length", "species"),
    [
        ("mini_test_data.fa", "mini_test_data.gff", "mini.6408.h5", 6408, "mini"),
        ("multi.fa", "multi.gff3", "multi.2160.h5", 2160, "multi"),
        ("edges.fa", "edges.gff", "edges.180.h5", 180, "edges"),
        ("dummyloci.fa", "dummyloci.gff", "dummyloci.900.h5", 900, "dummyloci"),
    ],
)
def test_labels(golden, tmp_path, fasta, annotation, expected, length, species):
    store = store_of(golden / "inputs" / fasta, tmp_path, species)
    with h5py.File(golden / "geenuff2h5" / expected) as theirs:
        columns = ("y", "phases", "transitions", "sample_weights", "gene_lengths")
        found = tracks_of(theirs, store, [f"data/{name}" for name in columns])
        bits = (found["data/transitions"].astype(np.uint8) << np.arange(6, dtype=np.uint8)).sum(axis=-1, dtype=np.uint8)
        add(
            store,
            "labels/reference",
            {
                "label": found["data/y"].argmax(axis=-1).astype(np.uint8),
                "phase": found["data/phases"].argmax(axis=-1).astype(np.uint8),
                "transition": bits,
                "valid": found["data/sample_weights"].astype(np.uint8),
                "gene_length": found["data/gene_lengths"],
            },
        )
        add_gene_order(store, golden / "inputs" / annotation)
        export_helixer(store, tmp_path / "o.h5", length, labels="reference")
        with h5py.File(tmp_path / "o.h5") as ours:
            assert set(ours["data"]) == set(theirs["data"])
            for name, reference in theirs["data"].items():
                dataset = ours["data"][name]
                for what in ("shape", "dtype", "chunks", "maxshape", "compression", "compression_opts", "shuffle"):
                    assert getattr(dataset, what) == getattr(reference, what), (name, what)
                assert np.array_equal(dataset[:], reference[:]), name


@pytest.mark.shared
def test_coverage(golden, tmp_path):
    store = store_of(golden / "inputs" / "mini_test_data.fa", tmp_path, "mini")
    with h5py.File(golden / "coverage" / "sim1.fasta2h5.second.h5") as theirs:
        names = ("coverage", "spliced_coverage")
        found = tracks_of(theirs, store, [f"evaluation/rnaseq_{name}" for name in names])
        add(
            store,
            "coverage/rnaseq/sim1",
            {name: found[f"evaluation/rnaseq_{name}"][..., 0].astype(np.uint32) for name in names},
        )
        export_helixer(store, tmp_path / "o.h5", 6408, coverage="rnaseq")
        with h5py.File(tmp_path / "o.h5") as ours:
            assert set(ours["evaluation"]) == set(theirs["evaluation"])
            for name in names:
                dataset, reference = ours[f"evaluation/rnaseq_{name}"], theirs[f"evaluation/rnaseq_{name}"]
                for what in ("shape", "dtype", "chunks", "maxshape", "compression", "shuffle", "fillvalue"):
                    assert getattr(dataset, what) == getattr(reference, what), (name, what)
                assert np.array_equal(dataset[:], reference[:]), name
