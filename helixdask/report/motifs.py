"""First and last codons of genes and their splice sites, counted in a sample that is read block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.coding import introns, longest_coding
from helixdask.genes.models import GeneModels
from helixdask.labels.codons import gather
from helixdask.sequence.codes import codes_to_text, complement
from helixdask.store.store import Store

_RUNS: Final = 64
_IN_RUN: Final = 32


class Motifs(NamedTuple):
    """Motifs by their letters, 5' to 3' on the gene's strand, and how often each was found.

    Attributes
    ----------
    start, stop
        First and last codons of transcripts that are not cut; of those that lie whole in one segment.
    splice
        First and last two bases of introns, such as ``GT-AG``.
    n_genes, n_all
        Genes that were looked at, and all.
    """

    start: dict[str, int]
    stop: dict[str, int]
    splice: dict[str, int]
    n_genes: int
    n_all: int


def motifs_of(store: Store, models: GeneModels) -> Motifs:
    """Motifs of gene models of a store, of a sample where they are many: some megabytes of sequence are read."""
    rows = sample(len(models))
    some = models if len(rows) == len(models) else models.select(rows)

    def read(start: int, stop: int) -> NDArray[np.uint8]:
        return np.asarray(store.read("genome/sequence", start, stop), np.uint8)

    found = count_motifs(some, store.contigs.offsets, read)
    return Motifs(*found, len(rows), len(models))


def sample(n: int) -> NDArray[np.int64]:
    """Rows of a sample: runs of neighbours, evenly spread, so that few blocks of sequence hold all; ascending.

    Examples
    --------
    >>> sample(3).tolist(), len(sample(300_000))
    ([0, 1, 2], 2048)
    """
    if n <= _RUNS * _IN_RUN:
        return np.arange(n)
    first = np.arange(_RUNS, dtype=np.int64) * n // _RUNS
    return (first[:, None] + np.arange(_IN_RUN)).ravel()


def count_motifs(
    models: GeneModels, offsets: NDArray[np.int64], read: Callable[[int, int], NDArray[np.uint8]]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Count first codons, last codons and splice sites of the longest coding transcript of each gene.

    Parameters
    ----------
    models
        Genes.
    offsets
        Position of each contig's first base, and the genome's length at the end.
    read
        Gives the base codes of ``[start, stop)`` of ``position``.
    """
    chosen = longest_coding(models)
    chosen = chosen[chosen >= 0]
    offset = offsets[models.transcript_contig()]
    minus = models.transcript_strand() == 1
    parent = models.cds["transcript"].to_numpy()
    first = np.searchsorted(parent, chosen)
    last = np.searchsorted(parent, chosen, side="right") - 1
    n_bases = int(offsets[-1])

    def letters(transcript: NDArray[np.int64], low: NDArray[np.int64], n: int) -> list[str]:
        """``n`` bases from a place on, of the transcript's strand."""
        at = offset[transcript][:, None] + low[:, None] + np.arange(n)
        codes = gather(read, at, n_bases)
        reverse = minus[transcript]
        codes[reverse] = complement(codes[reverse][:, ::-1])
        text = codes_to_text(codes.ravel())
        return [text[i : i + n] for i in range(0, len(text), n)]

    def codons(at_start: bool) -> dict[str, int]:
        partial = models.transcripts["partial5" if at_start else "partial3"].to_numpy(bool)[chosen]
        left = minus[chosen] != at_start  # whether the codon is at the lower end
        row = np.where(left, first, last)
        low, high = (models.cds[name].to_numpy()[row] for name in ("start", "end"))
        whole = ~partial & (high - low >= 3)
        if at_start:
            phase = models.cds["phase"].to_numpy()[row]
            whole &= phase <= 0
        place = np.where(left, low, high - 3)
        return dict(Counter(letters(chosen[whole], place[whole], 3)).most_common())

    return codons(True), codons(False), _splice(introns(models), chosen, letters, minus)


def _splice(
    gaps: pd.DataFrame, chosen: NDArray[np.int64], letters: Callable[..., list[str]], minus: NDArray[np.bool_]
) -> dict[str, int]:
    gaps = gaps[gaps["transcript"].isin(chosen) & (gaps["end"] - gaps["start"] >= 4)]
    transcript: NDArray[Any] = gaps["transcript"].to_numpy()
    ends = [
        letters(transcript, place, 2)
        for place in (gaps["start"].to_numpy(np.int64), gaps["end"].to_numpy(np.int64) - 2)
    ]
    found: Counter[str] = Counter()
    for low, high, reverse in zip(*ends, minus[transcript].tolist(), strict=True):
        found[f"{high}-{low}" if reverse else f"{low}-{high}"] += 1
    return dict(found.most_common())
