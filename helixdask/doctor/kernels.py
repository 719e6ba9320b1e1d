"""A short test of the compiled kernels: each is run on made-up data, its result is checked, and its rate is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.settings import CallSettings
from helixdask.calling.span import call_span, whole_contigs
from helixdask.coverage.depths import depth_histogram
from helixdask.errors import words_of
from helixdask.kinship.sketch import sketch
from helixdask.scores.bases import confusion
from helixdask.sequence.composition import count_kinds
from helixdask.windows.measures import measure_windows

SECONDS: Final = 2.0
"""That each kernel is run, its compilation not counted."""

_N: Final = 1 << 18
_LETTERS: Final = "CATG"
_CLASSES: Final = "guci"
_PHASES: Final = (1, 3, 2)
"""Columns of the phases of a codon's bases, as the network gives them."""


class KernelTest(NamedTuple):
    """What a test found: bases a second, seconds to compile or load, and what is wrong or None."""

    name: str
    rate: float
    first: float
    problem: str | None


def kernel_tests(seconds: float = SECONDS, clock: Callable[[], float] = time.perf_counter) -> Iterator[KernelTest]:
    """Test all kernels.

    Parameters
    ----------
    seconds
        That each kernel is run.
    clock
        Seconds that only grow.
    """
    for name, (check, n_bases) in KERNELS.items():
        began = clock()
        try:
            problem = None if check() else "the result is wrong"
        except Exception as error:  # whatever is broken on this machine is what is looked for
            problem = words_of(error, typed=True)
        first, began, runs = clock() - began, clock(), 0
        while problem is None and (runs == 0 or clock() - began < seconds):
            check()
            runs += 1
        yield KernelTest(name, runs * n_bases / max(clock() - began, 1e-9), first, problem)


def _composition() -> bool:
    found = count_kinds(np.tile(np.array([0, 1, 2, 3, 4, 0x81], np.uint8), _N // 6))
    n = _N // 6
    return found == {"gc": 2 * n, "at": 3 * n, "n": n, "ambiguous": 0, "soft_masked": n}


def _sketch() -> bool:
    """A sequence that comes twice has the same k-mers twice."""
    once = _random_codes(_N // 2)
    codes = np.concatenate([once, once])
    ends = np.array([len(once), len(codes)], np.int64)
    hashes, start = sketch(codes, ends, np.ones(len(codes), np.uint8), 64, 64)
    half = int(np.searchsorted(start, len(once)))
    return 0 < half == len(hashes) - half and bool((hashes[:half] == hashes[half:]).all())


def _depths() -> bool:
    values = (_random_codes(_N).astype(np.uint32) ** 3) * 7
    depth, n = depth_histogram(values)
    expected = np.unique(values[values > 0], return_counts=True)
    return bool((depth == expected[0]).all() and (n == expected[1]).all())


def _confusion() -> bool:
    one, other = _random_codes(_N), _random_codes(_N, 1)
    return bool((confusion(one, other).ravel() == np.bincount(4 * one.astype(np.int64) + other, minlength=16)).all())


def _windows() -> bool:
    label = np.stack([_random_codes(_N), _random_codes(_N, 1)])
    begin = np.arange(0, _N, _N // 4, dtype=np.int64)
    size, strand = np.full(4, _N // 4, np.int64), np.array([0, 1, 0, 1], np.int8)
    counted = measure_windows(begin, size, strand, label, np.ones_like(label)).class_count
    expected = [np.bincount(label[s, b : b + _N // 4], minlength=4) for s, b in zip(strand, begin, strict=True)]
    return bool((counted == np.array(expected)).all())


def _genes() -> bool:
    """A gene of two exons, of which the network is sure, is called as it is."""
    gap, intron = "A" * 400, "GT" + "A" * 96 + "AG"
    first, second = "ATG" + "GCA" * 99, "GCA" * 99 + "TAA"
    text = gap + "C" * 50 + first + intron + second + "C" * 50 + gap
    labels = "g" * 400 + "u" * 50 + "c" * 300 + "i" * 100 + "c" * 300 + "u" * 50 + "g" * 400
    classes = np.array([_CLASSES.index(letter) for letter in labels])
    phases = np.zeros(len(labels), np.int64)
    coding = np.flatnonzero(classes == 2)
    phases[coding] = np.array(_PHASES)[np.arange(coding.size) % 3]
    silent = np.zeros(len(labels), np.int64)
    codes = np.array([_LETTERS.index(letter) for letter in text], np.uint8)
    settings = CallSettings()
    sure_classes, sure_phases = (np.stack([_sure(rows), _sure(silent)]) for rows in (classes, phases))
    span = whole_contigs(codes, sure_classes, sure_phases, np.array([len(codes)], np.int64))
    columns, counts = call_span(span, settings.model(), settings)
    return counts["genes"] == 1 and int(columns["gene_start"][0]) < 460 and int(columns["gene_end"][0]) > 1150


def _sure(rows: NDArray[np.int64]) -> NDArray[np.float32]:
    table = np.full((4, len(rows)), 0.02, np.float32)
    table[rows, np.arange(len(rows))] = 0.94
    return table


def _random_codes(n: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 4, n).astype(np.uint8)


KERNELS: Final[dict[str, tuple[Callable[[], bool], int]]] = {
    "composition of the sequence": (_composition, _N),
    "sample of k-mers": (_sketch, _N),
    "depths of coverage": (_depths, _N),
    "measures of windows": (_windows, 2 * _N),
    "calling of genes": (_genes, 2 * 1_600),
    "scores of bases": (_confusion, _N),
}
"""Checks that return whether the result is right, and bases that each works on."""
