"""Large BAM files of random paired reads, for benchmarks and tests of scale.

Reads come from genes of very different expression; a share of them is spliced, by introns of 50 bases to 20 kb. Names,
binned qualities and tags are like those of real files, so a read takes about as many bytes. Places of all reads are
held in memory, about 100 bytes a pair.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
from numba import njit
from numpy.typing import NDArray

from helixdask.simulate.bam import bam_header

__all__ = ["write_random_bam"]

_SHORTEST = 800  # contigs below get no reads
_GENE_EVERY = 4000
_BATCH = 1 << 16
_PREFIX = np.frombuffer(b"SIM:1:HXF3L:", np.uint8)
_TAGS = np.frombuffer(b"NHC\x01HIC\x01ASC\xc6nMC\x00", np.uint8)
_RECORD = 36 + 26 + 4 * 3 + 50 + 100 + len(_TAGS)


def write_random_bam(
    path: Path, names: list[str], lengths: list[int], pairs: int, *, seed: int = 1, spliced: float = 0.2
) -> Path:
    """Write a sorted BAM file of dUTP pairs, 2 x 100 bases, and index it (CSI beyond 512 Mb).

    Parameters
    ----------
    path
        The file.
    names, lengths
        Contigs. Those shorter than 800 bases get no reads.
    pairs
        Number of pairs.
    seed
        The same arguments give the same file.
    spliced
        Share of the reads that are spliced.

    Returns
    -------
    Path
        `path`.
    """
    rng = np.random.default_rng([0xBA3, seed])
    size = np.array(lengths, np.int64)
    offset = np.cumsum(size) - size
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(bam_header(names, lengths))
        contig, left, right = _places(offset, size, pairs, rng)
        start = np.concatenate([left, right])
        order = np.argsort(start, kind="stable")
        for a in range(0, len(order), _BATCH):
            rows = order[a : a + _BATCH]
            pair, is_right, n = rows % pairs, rows >= pairs, len(rows)
            where = contig[pair]
            intron = np.where(rng.random(n) < spliced, np.exp(rng.uniform(np.log(50), np.log(20_000), n)), 0)
            room = offset[where] + size[where] - start[rows] - 100
            out = np.empty(n * _RECORD, np.uint8)
            used = _fill(
                out,
                where,
                start[rows] - offset[where],
                np.where(is_right, left[pair], right[pair]) - offset[where],
                np.where(intron < room, intron, 0).astype(np.int64),
                rng.integers(10, 90, n),
                is_right,
                pair,
                rng.integers(0, 256, (n, 50), np.uint8),
                rng.random((n, 4)),
            )
            file.write(out[:used].tobytes())
    pysam.index("-c" if max(lengths) >= 1 << 29 else "-b", str(path))
    return path


def _places(
    offset: NDArray[np.int64], size: NDArray[np.int64], pairs: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Contig of each pair, and where its reads begin on all contigs end to end."""
    genes = np.where(size >= _SHORTEST, np.maximum(size // _GENE_EVERY, 1), 0)
    of_gene = np.repeat(np.arange(len(size)), genes)
    within = np.arange(len(of_gene)) - np.repeat(np.cumsum(genes) - genes, genes)
    weight = np.cumsum(rng.lognormal(0, 2, len(of_gene)))
    gene = np.searchsorted(weight, rng.random(pairs) * weight[-1])
    contig = of_gene[gene]
    span = size[contig] / genes[contig]
    left = ((within[gene] + rng.random(pairs) * 0.6) * span).astype(np.int64)
    left = offset[contig] + np.clip(left, 0, size[contig] - 700)
    return contig, left, left + np.clip(rng.normal(150, 60, pairs), 0, 500).astype(np.int64)


@njit(cache=True)
def _put(out: NDArray[np.uint8], at: int, value: int) -> None:
    for k in range(4):
        out[at + k] = (value >> (8 * k)) & 255


@njit(cache=True)
def _fill(
    out: NDArray[np.uint8],
    contig: NDArray[np.int64],
    start: NDArray[np.int64],
    mate: NDArray[np.int64],
    intron: NDArray[np.int64],
    cut: NDArray[np.int64],
    is_right: NDArray[np.bool_],
    name: NDArray[np.int64],
    bases: NDArray[np.uint8],
    noise: NDArray[np.float64],
) -> int:
    """Write the records end to end; return how many bytes they take."""
    at = 0
    nibble = np.array([1, 2, 4, 8], np.uint8)
    for i in range(len(start)):
        operations = 3 if intron[i] else 1
        _put(out, at, 32 + 26 + 4 * operations + 50 + 100 + len(_TAGS))
        _put(out, at + 4, contig[i])
        _put(out, at + 8, start[i])
        end = start[i] + 100 + intron[i] - 1
        smallest_bin = 0
        for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
            if start[i] >> shift == end >> shift and end < 1 << 29:
                smallest_bin = first + (start[i] >> shift)
                break
        _put(out, at + 12, smallest_bin << 16 | (255 if noise[i, 0] < 0.9 else 3) << 8 | 26)
        plus = (name[i] * 2654435761 >> 7) & 1  # the strand of the transcript
        second = is_right[i] == (plus == 0)
        flag = 3 | (16 if is_right[i] else 32) | (128 if second else 64)
        _put(out, at + 16, flag << 16 | operations)
        _put(out, at + 20, 100)
        _put(out, at + 24, contig[i])
        _put(out, at + 28, mate[i])
        _put(out, at + 32, mate[i] - start[i])
        at += 36
        out[at : at + 12] = _PREFIX
        number = name[i] * 387420489001 % 1000000000000  # no two alike, and no easier to compress than real ones
        for k in range(24, 11, -1):
            out[at + k] = 48 + number % 10
            number //= 10
        out[at + 25] = 0
        at += 26
        if operations == 1:
            _put(out, at, 100 << 4)
        else:
            _put(out, at, cut[i] << 4)
            _put(out, at + 4, intron[i] << 4 | 3)
            _put(out, at + 8, (100 - cut[i]) << 4)
        at += 4 * operations
        for k in range(50):
            out[at + k] = nibble[bases[i, k] & 3] << 4 | nibble[bases[i, k] >> 2 & 3]
        at += 50
        good = int(60 + 40 * noise[i, 1])  # qualities fall towards the end, in bins
        for k in range(100):
            out[at + k] = 37 if k < good else (25 if bases[i, k >> 1] & 96 else 11)
        out[at + int(100 * noise[i, 2])] = 11
        out[at + int(100 * noise[i, 3])] = 25
        at += 100
        for k in range(len(_TAGS)):
            out[at + k] = _TAGS[k]
        at += len(_TAGS)
    return at
