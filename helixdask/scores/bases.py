"""Base-level scores: the confusion matrix of label classes and what Helixer reports from it.

A confusion matrix is indexed ``[reference][prediction]``. Classes are those of ``label_class``:
intergenic, UTR, CDS, intron.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import BadInputError
from helixdask.registry import LABEL_CLASSES
from helixdask.scores.match import Match

PHASE_NAMES = ("no_phase", "phase_0", "phase_1", "phase_2")


def confusion(
    reference: NDArray[Any], prediction: NDArray[Any], weight: NDArray[Any] | None = None, n: int = 4
) -> NDArray[np.int64]:
    """Count how often each reference class was predicted as each class.

    Parameters
    ----------
    reference, prediction
        Class indices of any equal shape, integers from 0 to ``n - 1``. Where ``weight`` is 0 they may be anything.
    weight
        Mask of the same shape: bases where it is 0 or False do not count. Nothing else of it is used.
    n
        Number of classes.

    Returns
    -------
    numpy.ndarray
        (n, n) int64, ``[reference][prediction]``; matrices of pieces can be added.

    Raises
    ------
    BadInputError
        Shapes differ, or a class lies outside ``0 .. n - 1``.
    """
    reference, prediction = np.asarray(reference), np.asarray(prediction)
    if reference.shape != prediction.shape or (weight is not None and np.shape(weight) != reference.shape):
        raise BadInputError(
            f"reference {reference.shape}, prediction {prediction.shape} and weight differ in shape",
            remedy="Compare arrays of the same bases.",
        )
    if weight is not None:
        keep = np.asarray(weight) != 0
        reference, prediction = reference[keep], prediction[keep]
    reference, prediction = reference.ravel(), prediction.ravel()
    if reference.size == 0:
        return np.zeros((n, n), np.int64)
    if min(reference.min(), prediction.min()) < 0 or max(reference.max(), prediction.max()) >= n:
        raise BadInputError(f"a class index lies outside 0 to {n - 1}", remedy="Both arrays must hold class indices.")
    # n * n cells of a small matrix: the narrowest type keeps the temporary small on whole chromosomes.
    dtype = np.uint8 if n <= 15 else np.int64
    cell = reference.astype(dtype) * n + prediction.astype(dtype)
    return np.bincount(cell, minlength=n * n).reshape(n, n).astype(np.int64)


@dataclass(frozen=True)
class BaseScores:
    """The scores that Helixer prints, from one 4x4 confusion matrix.

    Attributes
    ----------
    classes
        One for each label class, in the order of ``LABEL_CLASSES``.
    genic
        UTR, CDS and intron together; a confusion between two genic classes counts as false positive and false
        negative. Its F1 is what selects the best model.
    sub_genic
        CDS and intron together.
    legacy_cds
        CDS and intron as one class against intergenic and UTR as one class.
    accuracy
        Share of bases with the right class. Misleading: most bases of a genome are intergenic.
    n_bases
        Bases counted.
    """

    classes: tuple[Match, ...]
    genic: Match
    sub_genic: Match
    legacy_cds: Match
    accuracy: float
    n_bases: int

    @classmethod
    def from_confusion(cls, cm: ArrayLike) -> BaseScores:
        """Score a (4, 4) matrix ``[reference][prediction]`` as made by `confusion`."""
        counts = _checked(cm)
        return cls(
            classes=tuple(_match(counts, [k]) for k in range(4)),
            genic=_match(counts, [1, 2, 3]),
            sub_genic=_match(counts, [2, 3]),
            legacy_cds=_match(np.add.reduceat(np.add.reduceat(counts, [0, 2], 0), [0, 2], 1), [1]),
            accuracy=_accuracy(counts),
            n_bases=int(counts.sum()),
        )

    @property
    def by_name(self) -> dict[str, Match]:
        """Classes, then joint ones."""
        joint = {"genic": self.genic, "sub_genic": self.sub_genic, "legacy_cds": self.legacy_cds}
        return dict(zip(LABEL_CLASSES, self.classes, strict=True)) | joint

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON: one entry per class, then the joint scores."""
        return _rates(self.by_name) | {"accuracy": self.accuracy, "n_bases": self.n_bases}


@dataclass(frozen=True)
class PhaseScores:
    """Scores of phases, from one 4x4 confusion matrix of no phase and phases 0, 1 and 2.

    Attributes
    ----------
    classes
        One for each phase class, in the order of ``PHASE_NAMES``.
    coding
        Phases 0, 1 and 2 together; a confusion between two of them counts as false positive and false negative.
    accuracy
        Share of bases with the right phase class.
    """

    classes: tuple[Match, ...]
    coding: Match
    accuracy: float

    @classmethod
    def from_confusion(cls, cm: ArrayLike) -> PhaseScores:
        """Score a (4, 4) matrix ``[reference][prediction]``."""
        counts = _checked(cm)
        return cls(tuple(_match(counts, [k]) for k in range(4)), _match(counts, [1, 2, 3]), _accuracy(counts))

    @property
    def by_name(self) -> dict[str, Match]:
        """One for each phase class."""
        return dict(zip(PHASE_NAMES, self.classes, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON."""
        return _rates(self.by_name | {"coding": self.coding}) | {"accuracy": self.accuracy}


def _checked(cm: ArrayLike) -> NDArray[Any]:
    counts = np.asarray(cm)
    if counts.shape != (4, 4):
        raise BadInputError(f"a confusion matrix is 4 x 4, not {counts.shape}")
    return counts


def _match(counts: NDArray[Any], classes: Sequence[int]) -> Match:
    """Sum of the one-against-all counts of some classes."""
    right = int(np.diagonal(counts)[classes].sum())
    return Match(int(counts[classes].sum()), int(counts[:, classes].sum()), right, right)


def _accuracy(counts: NDArray[Any]) -> float:
    return float(np.trace(counts)) / (float(counts.sum()) or 1.0)


def _rates(scores: dict[str, Match]) -> dict[str, Any]:
    return {name: {"precision": m.precision, "recall": m.sensitivity, "f1": m.f1} for name, m in scores.items()}
