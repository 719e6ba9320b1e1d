"""Permuting the contigs of a genome permutes the results and changes nothing else.

Predictions, too, to the last bit, although a window lies among other windows in its batch: batches always have the same
size, so a row of a batch goes through the same arithmetic whatever its neighbours are.
"""

import numpy as np
import pytest

from helixdask.genes.table import read_genes
from helixdask.store.store import Store
from tests.cli.support import done
from tests.small_store import publish

HERE = ["--workers", "1", "-q"]
TRACKS = [
    "genome/sequence",
    "labels/reference/label",
    "labels/reference/phase",
    "labels/reference/transition",
    "labels/reference/valid",
    "labels/reference/gene_length",
    "coverage/rnaseq/leaf/coverage",
    "coverage/rnaseq/leaf/spliced_coverage",
    "predictions/tiny/class_probability",
    "predictions/tiny/phase_probability",
]


def permuted(genome, target):
    """The records of a FASTA file in another order."""
    records = genome.read_text().split(">")[1:]
    target.write_text("".join(f">{records[i]}" for i in (2, 0, 3, 1)))
    return target


def fill(store, genome, species, model):
    done("encode", genome, "-o", store, "--species", "simulated", *HERE)
    done("labels", store, "--gff3", species.truth, *HERE)
    done("coverage", store, "--libraries", species.libraries, *HERE)
    done("predict", store, "--model", model, *HERE)
    add_good_predictions(Store.open(store))
    done("call", store, "--predictions", "good", "-o", store.with_suffix(".gff3"), *HERE)
    done("windows", store, "--window-length", "900", "--predictions", "tiny", *HERE)
    return Store.open(store)


def add_good_predictions(store):
    """What a network would say that has learnt the labels: genes are called from these."""
    tracks = {}
    for name, path in (("class_probability", "label"), ("phase_probability", "phase")):
        codes = store.read(f"labels/reference/{path}", 0, store.n_bases)
        classes = np.arange(4)[:, np.newaxis]
        tracks[name] = np.where(codes[:, np.newaxis] == classes, 0.94, 0.02).astype(np.float16)
    publish(store, "predictions/good", tracks)


@pytest.fixture(scope="module")
def stores(species, tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("order")
    other = permuted(species.genome, folder / "permuted.fa")
    return fill(folder / "a.zarr", species.genome, species, tiny_model), fill(
        folder / "b.zarr", other, species, tiny_model
    )


def of_contig(store, path, name):
    row = store.contigs.index(name)
    start = int(store.contigs.offsets[row])
    return store.read(path, start, start + int(store.contigs.lengths[row]))


@pytest.mark.slow
@pytest.mark.parametrize("path", TRACKS)
def test_tracks_of_each_contig_are_the_same(path, stores):
    for name in stores[0].contigs.names:
        one, other = (of_contig(store, path, name) for store in stores)
        assert one.any() or path != "genome/sequence"
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_genes_and_windows_of_each_contig_are_the_same(stores):
    for name in stores[0].contigs.names:
        genes, windows = [], []
        for store in stores:
            row = store.contigs.index(name)
            models = read_genes(store, "good")
            mine = models.select(np.flatnonzero(models.genes["contig"] == row))
            genes.append(
                [
                    mine.genes[["start", "end", "strand", "type"]].to_numpy().tolist(),
                    mine.transcripts[["start", "end", "partial5", "partial3"]].to_numpy().tolist(),
                    mine.exons.to_numpy().tolist(),
                    mine.cds.to_numpy().tolist(),
                ]
            )
            table = store.table("windows/900-reference-tiny")
            keep = table["window_contig"] == row
            windows.append({key: values[keep] for key, values in table.items() if key != "window_contig"})
        assert genes[0] == genes[1]
        assert len(genes[0][0]) > 1
        for key, values in windows[0].items():
            np.testing.assert_array_equal(values, windows[1][key], err_msg=key)
