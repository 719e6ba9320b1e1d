"""Near copies in other genomes: training windows of one that share k-mers with held-out windows of another.

Sketches of all genomes hold the same k-mers where the genomes do, so that they are compared as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kinship.homologous import LEAST_SHARED, Sketch, near_copies
from helixdask.selection.kin import spots_of
from helixdask.selection.sides import MOST_DROPPED
from helixdask.windows.grid import Windows

Bools = NDArray[np.bool_]


class Genome(NamedTuple):
    """What is compared of a genome.

    Attributes
    ----------
    sketch
        The sample of k-mers near genes, by contig row.
    train, held
        Windows that train, and windows that validate.
    """

    sketch: Sketch
    train: Windows
    held: Windows


class Across(NamedTuple):
    """What is near copies across genomes.

    Attributes
    ----------
    dropped
        ``(window,)`` bool for each genome: training windows to leave out.
    least_shared
        K-mers in common from which on they are; 0: leaving them out would cost too much, and none is.
    leaked
        Share of all held-out windows that have a near copy in what trains of another genome then.
    """

    dropped: list[Bools]
    least_shared: int
    leaked: float

    def in_short(self) -> dict[str, Any]:
        """Windows left out, k-mers in common from which on they are, what leaks all the same; and these in words."""
        dropped = sum(int(each.sum()) for each in self.dropped)
        text = (
            f"{dropped:,} training windows were left out as near copies of validation windows of another store. "
            f"{100 * self.leaked:.1f} % of the validation windows have a near copy in a store that trains."
        )
        return {"left_out": dropped, "least_shared": self.least_shared, "leaked": self.leaked, "text": text}


def across_genomes(genomes: Sequence[Genome]) -> Across:
    """Find the training windows to leave out, as far as that costs at most a tenth of the training bases.

    Parameters
    ----------
    genomes
        Two or more. Copies within a genome are no matter of this.
    """
    shift = np.cumsum([0, *(_n_contigs(genome) for genome in genomes)])
    sketch = Sketch(
        np.concatenate([genome.sketch.hashes for genome in genomes]),
        np.concatenate([genome.sketch.contig + first for genome, first in zip(genomes, shift, strict=False)]),
        np.concatenate([genome.sketch.start for genome in genomes]),
    )
    windows = _joined([each for genome in genomes for each in (genome.train, genome.held)], np.repeat(shift[:-1], 2))
    count = [len(each.start) for genome in genomes for each in (genome.train, genome.held)]
    trains = np.repeat(np.tile([True, False], len(genomes)), count)
    own = np.repeat(np.repeat(np.arange(len(genomes)), 2), count)
    spots, spot = spots_of(windows.contig.astype(np.int64), windows)
    first, second, shared = near_copies(sketch, spots)
    genome_of_spot = np.searchsorted(shift, spots.contig, side="right") - 1
    other = genome_of_spot[first] != genome_of_spot[second]
    first, second, shared = first[other], second[other], shared[other]
    size = windows.end - windows.start

    def near(some: Bools, least: int) -> Bools:
        """Windows with a near copy among some of another genome."""
        held = np.zeros(len(spots.start), np.bool_)
        held[spot[some]] = True
        found = np.zeros(len(held), np.bool_)
        for one, two in ((first, second), (second, first)):
            found[one[held[two] & (shared >= least)]] = True
        result: Bools = found[spot]
        return result

    dropped, used = np.zeros(len(spot), np.bool_), 0
    for least in (LEAST_SHARED, 2 * LEAST_SHARED):
        tried = trains & near(~trains, least)
        if size[tried].sum() <= MOST_DROPPED * size[trains].sum():
            dropped, used = tried, least
            break
    leaked = near(trains & ~dropped, LEAST_SHARED)[~trains]
    shares = [dropped[trains & (own == number)] for number in range(len(genomes))]
    return Across(shares, used, float(leaked.mean()) if len(leaked) else 0.0)


def _n_contigs(genome: Genome) -> int:
    return 1 + int(
        max(each.max(initial=-1) for each in (genome.sketch.contig, genome.train.contig, genome.held.contig))
    )


def _joined(parts: Sequence[Windows], shift: NDArray[np.int64]) -> Windows:
    """Windows end to end, contigs of each part behind those of the genomes before."""
    contig = np.concatenate([part.contig + first for part, first in zip(parts, shift, strict=True)])
    rest = (np.concatenate([getattr(part, name) for part in parts]) for name in Windows._fields[1:])
    return Windows(contig, *rest)
