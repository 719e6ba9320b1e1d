"""Which coding transcripts cannot be learnt as a whole, and which do not belong to this sequence at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.labels.features import Features
from helixdask.labels.segments import Ints, subtract, union
from helixdask.labels.translation import Reading


@dataclass(frozen=True)
class Soundness:
    """Faults of whole transcripts, ``(feature,)`` bool each.

    ``inner_stop``: a stop codon inside. ``off_frame``: the coding length does not fit the frame, though the end is not
    said to be missing and is not the contig's. ``outside_exons``: coding bases in an intron or beyond the transcript.
    ``disagrees``: two independent signs that the coordinates belong to another sequence.
    """

    inner_stop: NDArray[np.bool_]
    off_frame: NDArray[np.bool_]
    outside_exons: NDArray[np.bool_]
    disagrees: NDArray[np.bool_]

    @property
    def broken(self) -> NDArray[np.bool_]:
        """Transcripts with any of these faults."""
        return self.inner_stop | self.off_frame | self.outside_exons | self.disagrees


def soundness_of(models: GeneModels, features: Features, reading: Reading) -> Soundness:
    """Judge all coding transcripts.

    A partial gene lacks its start or stop where its transcript ends; a few true genes have odd splice sites, start
    with another codon or read through a stop. Coordinates of another assembly show several of these at once. The
    signs are:

    * it cannot be translated: a stop codon inside, or off the frame;
    * it does not begin with a start codon, although its UTR goes on there and it is not said to be partial;
    * it does not end with a stop codon, likewise; of those off the frame this is no second sign;
    * more than half of its introns have other splice sites than GT-AG, GC-AG and AT-AC.

    Parameters
    ----------
    models, features
        Genes and their coding transcripts.
    reading
        What the genome says about them.
    """
    f = features
    partial5 = models.transcripts["partial5"].to_numpy(bool)[f.transcript]
    partial3 = models.transcripts["partial3"].to_numpy(bool)[f.transcript]
    cut = partial3 | (f.contig_length - f.cds_end < 3)
    off_frame = ((reading.length - np.maximum(f.phase5, 0)) % 3 != 0) & ~cut
    inner_stop = reading.inner > 0
    no_start = (reading.start == 0) & (f.cds_start > f.start) & ~partial5
    no_stop = (reading.stop == 0) & (f.cds_end < f.end) & ~cut & ~off_frame
    odd_introns = 2 * reading.odd_introns > reading.introns
    signs = np.sum([inner_stop | off_frame, no_start, no_stop, odd_introns], axis=0)
    return Soundness(inner_stop, off_frame, outside_exons(f), signs > 1)


def outside_exons(features: Features) -> NDArray[np.bool_]:
    """Which transcripts have coding bases in an intron or beyond their ends: what is what there is anybody's guess."""
    f = features
    low, high = f.start[f.pieces.owner], f.end[f.pieces.owner]
    astray = np.zeros(len(f), bool)
    astray[f.pieces.owner[(f.pieces.start < low) | (f.pieces.end > high)]] = True
    lift = np.int64(max(int(f.end.max(initial=0)), int(f.pieces.end.max(initial=0))) + 1)
    lifted = [spans.owner * lift for spans in (f.pieces, f.introns)]
    holes = union(f.introns.start + lifted[1], f.introns.end + lifted[1])
    size: Ints = np.zeros(len(f), np.int64)
    start, end = f.pieces.start + lifted[0], f.pieces.end + lifted[0]
    part_start, part_end, owner = subtract(start, end, *holes)
    np.add.at(size, f.pieces.owner[owner], part_end - part_start)
    np.subtract.at(size, f.pieces.owner, end - start)
    misplaced: NDArray[np.bool_] = astray | (size != 0)
    return misplaced
