"""A sparse genome of 17 Gb in half a million contigs, which costs almost nothing."""

import numpy as np

from helixdask.genes.models import GeneModels
from helixdask.genes.table import write_genes
from helixdask.stages import windows_stage
from helixdask.store.store import Store
from helixdask.windows.settings import WindowsSettings

N_BASES = 17_000_000_000
N_SCAFFOLDS = 500_000


def write_huge_store(url):
    """One contig of 16.85 Gb, then half a million of 300 bp; labels, predictions and genes, all empty.

    The tables of windows and of a selection are there, too, but have no rows.
    """
    lengths = np.full(1 + N_SCAFFOLDS, 300, np.int64)
    lengths[0] = N_BASES - 300 * N_SCAFFOLDS
    store = Store.create(url, species="huge")
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.char.add("scaffold_", np.arange(len(lengths)).astype(str)).astype(object),
            "contig_length": lengths,
            "contig_offset": np.concatenate([[0], np.cumsum(lengths)[:-1]]),
            "contig_md5": np.zeros((len(lengths), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    store.complete_group("genome", {"digest": "huge"})
    for group in ("labels/reference", "predictions/base"):
        store.begin_group(group)
        store.create_tracks(group)
        store.complete_group(group, {"digest": group})
    store.begin_group("genes/reference")
    write_genes(store, "genes/reference", GeneModels.empty())
    store.complete_group("genes/reference", {"digest": "genes/reference"})
    stage = windows_stage(url, WindowsSettings())
    inputs = stage.inputs(store)
    measured = {"stage": stage.name, "settings": stage.settings(), "inputs": inputs, "window_length": 21_384}
    store.begin_group(stage.group())
    store.complete_group(stage.group(), {"digest": "windows", "labels": "reference", "predictions": "base", **measured})
    store.begin_group("selections/default")
    parent = {"windows": stage.output, "inputs": {stage.group(): "windows"}}
    store.complete_group("selections/default", {"digest": "selection", **parent})
