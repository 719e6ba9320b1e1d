"""Where coverage lies by the labels: sums of a stretch of tracks."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

PLACES: Final = ("exon", "intron", "antisense", "elsewhere")
"""Where coverage lies by the labels of its own strand (UTR and CDS are exons); `antisense`: outside genes of its own
strand, but on an exon of the other. Of unstranded libraries both strands' labels are looked at alike."""

_INTERGENIC, _INTRON = 0, 3


@njit(cache=True, nogil=True)
def add_places(
    coverage: NDArray[np.uint32],
    spliced: NDArray[np.uint32],
    label: NDArray[np.uint8],
    stranded: bool,
    sums: NDArray[np.int64],
) -> None:
    """Add the sums of coverage on each of `PLACES`, and of spliced coverage on introns and elsewhere.

    Parameters
    ----------
    coverage, spliced, label
        Tracks of a stretch, (2, n) each.
    stranded
        Whether the library tells strands apart.
    sums
        (6,) to which is added.
    """
    for strand in range(2):
        for i in range(coverage.shape[1]):
            if not (coverage[strand, i] or spliced[strand, i]):
                continue
            own, other = label[strand, i], label[1 - strand, i]
            if not stranded and (own == _INTERGENIC or (own == _INTRON and other != _INTERGENIC)):
                own = other
            if own != _INTERGENIC:
                place = 1 if own == _INTRON else 0
            else:
                place = 2 if other not in (_INTERGENIC, _INTRON) else 3
            sums[place] += coverage[strand, i]
            sums[4 if own == _INTRON else 5] += spliced[strand, i]
