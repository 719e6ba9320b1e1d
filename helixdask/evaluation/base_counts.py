"""Base-wise scores of a store's predictions, shard by shard on Dask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.cluster import RunOptions
from helixdask.engine.slices import run_slices, slices_of
from helixdask.evaluation.scored_regions import ScoredRegions
from helixdask.evaluation.tally import BASE_BINS, BaseTally, tally_bases
from helixdask.genes.models import GeneModels
from helixdask.labels.intervals import StrandTables
from helixdask.labels.paint import paint
from helixdask.labels.tables import label_tables
from helixdask.scores.reliability import Reliability
from helixdask.settings import Rules
from helixdask.store.store import Store

_BLOCK = 1 << 20
_TASK = 1 << 22
_BASES_PER_SECOND = 1e7
_Tables = tuple[StrandTables, StrandTables]


def count_bases(
    store: Store,
    truth: GeneModels,
    names: Sequence[str],
    scored: ScoredRegions | None = None,
    options: RunOptions | None = None,
) -> dict[str, BaseTally]:
    """Count reference against predicted classes and phases at every base that the reference does not mask.

    The reference is painted slice by slice from interval tables, so memory does not grow with the genome.

    Parameters
    ----------
    store
        With predictions.
    truth
        The reference's gene models, on the store's contigs.
    names
        Predictions to score.
    scored
        What of the genome counts; None: all.
    options
        How to run.
    """
    if not names:
        return {}
    options = options or RunOptions()

    def read(start: int, stop: int) -> NDArray[np.uint8]:
        return store.read("genome/sequence", start, stop)

    tables = label_tables(truth, store.contigs, read, Rules.DEFAULT).strands
    phased = tuple(store.has_array(f"predictions/{name}/phase_probability") for name in names)
    regions = slices_of(store, _TASK)
    if scored is None:
        scored = ScoredRegions.of_contigs(store.contigs, np.arange(len(store.contigs)))
    regions = [region for region in regions if len(scored.pieces(store.contigs, *region)[0])]
    shared = (store, tables, tuple(names), phased, scored)
    parts: dict[str, list[BaseTally]] = {name: [] for name in names}
    seconds = sum(stop - start for start, stop in regions) * len(names) / _BASES_PER_SECOND
    for _, tallies in run_slices(_count_region, shared, regions, options, seconds, store.url, title="evaluate"):
        for name, tally in tallies.items():
            parts[name].append(tally)
            if len(parts[name]) > 64:  # what is kept does not grow with the number of regions
                parts[name] = [BaseTally.total(parts[name])]
    return {name: BaseTally.total(tallies or [_nothing()]) for name, tallies in parts.items()}


def _count_region(shared: tuple[Any, ...], start: int, stop: int) -> dict[str, BaseTally]:
    store, tables, names, phased, scored = shared
    parts: dict[str, list[BaseTally]] = {name: [] for name in names}
    for low in range(start, stop, _BLOCK):
        high = min(low + _BLOCK, stop)
        contig, first, last = scored.pieces(store.contigs, low, high)
        if not len(contig):
            continue
        painted = paint(tables, low, high)
        for name, has_phase in zip(names, phased, strict=True):
            group = f"predictions/{name}"
            classes = store.read(f"{group}/class_probability", low, high)
            phases = store.read(f"{group}/phase_probability", low, high) if has_phase else None
            parts[name].append(tally_bases(classes, phases, painted, contig, first, last))
    return {name: BaseTally.total(tallies or [_nothing()]) for name, tallies in parts.items()}


def _nothing() -> BaseTally:
    none = np.zeros((0, 4, 4), np.int64)
    bins = np.zeros(BASE_BINS, np.int64)
    return BaseTally(np.zeros(0, np.int64), none, none, Reliability(bins, bins, bins), has_phase=False)
