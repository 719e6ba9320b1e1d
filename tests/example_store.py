"""The store that the examples in docstrings and pages work with: 202 genes on two contigs, two libraries."""

import numpy as np

from helixdask.engine.run import run_stage
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.windows.stage import WindowsStage
from tests.coverage.small_genome import HERE, make_store
from tests.small_store import publish


def example_store(folder):
    """Make ``genome.zarr`` in a folder: genes, labels, predictions that doubt them a little, and coverage of exons."""
    store = make_store(folder, genes=True)
    label = store.read("labels/reference/label", 0, store.n_bases)
    probability = np.where(label[:, None] == np.arange(4)[:, None], 0.9, 0.1 / 3).astype(np.float16)
    publish(store, "predictions/base", {"class_probability": probability})
    for library, depth in (("leaf", 6), ("root", 2)):
        exon = np.isin(label, (1, 2))
        tracks = {"coverage": exon * np.uint32(depth), "spliced_coverage": (label == 3) * np.uint32(depth)}
        publish(store, f"coverage/rnaseq/{library}", tracks, strandedness="reverse", kind="rnaseq")
    for stage in (WindowsStage(10_000, "reference", "base"), SelectStage(keep_fraction=0.5), SplitStage()):
        run_stage(stage, store.url, HERE)
    return type(store).open(store.url)
