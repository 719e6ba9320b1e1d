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

__all__ = ["CLASS_NAMES", "PHASE_NAMES", "BaseScores", "PhaseScores", "Score", "confusion"]

CLASS_NAMES = ("intergenic", "utr", "cds", "intron")
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
class Score:
    """Precision, recall and F1 from counts; each is 0 where its denominator is 0."""

    true_positive: int
    false_positive: int
    false_negative: int

    @property
    def precision(self) -> float:
        """Share of what was predicted that is right."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of the reference that was found (sensitivity)."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        precision, recall = self.precision, self.recall
        return _ratio(2 * precision * recall, precision + recall)

    def as_dict(self) -> dict[str, float]:
        """Precision, recall and F1 by name."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True)
class BaseScores:
    """The scores that Helixer prints, from one 4x4 confusion matrix.

    Attributes
    ----------
    classes
        One score per label class, in the order of ``CLASS_NAMES``.
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

    classes: tuple[Score, Score, Score, Score]
    genic: Score
    sub_genic: Score
    legacy_cds: Score
    accuracy: float
    n_bases: int

    @classmethod
    def from_confusion(cls, cm: ArrayLike) -> BaseScores:
        """Score a (4, 4) matrix ``[reference][prediction]`` as made by `confusion`."""
        counts = np.asarray(cm)
        if counts.shape != (4, 4):
            raise BadInputError(f"a confusion matrix of label classes is 4 x 4, not {counts.shape}")
        intergenic, utr, cds, intron = (_class_score(counts, (k,)) for k in range(4))
        coding = slice(2, 4)
        legacy = Score(int(counts[coding, coding].sum()), int(counts[:2, coding].sum()), int(counts[coding, :2].sum()))
        return cls(
            classes=(intergenic, utr, cds, intron),
            genic=_class_score(counts, (1, 2, 3)),
            sub_genic=_class_score(counts, (2, 3)),
            legacy_cds=legacy,
            accuracy=_ratio(float(np.trace(counts)), float(counts.sum())),
            n_bases=int(counts.sum()),
        )

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON: one entry per class, then the joint scores."""
        return {
            **{name: score.as_dict() for name, score in zip(CLASS_NAMES, self.classes, strict=True)},
            "genic": self.genic.as_dict(),
            "sub_genic": self.sub_genic.as_dict(),
            "legacy_cds": self.legacy_cds.as_dict(),
            "accuracy": self.accuracy,
            "n_bases": self.n_bases,
        }


@dataclass(frozen=True)
class PhaseScores:
    """Scores of phases, from one 4x4 confusion matrix of no phase and phases 0, 1 and 2.

    Attributes
    ----------
    classes
        One score per phase class, in the order of ``PHASE_NAMES``.
    coding
        Phases 0, 1 and 2 together; a confusion between two of them counts as false positive and false negative.
    accuracy
        Share of bases with the right phase class.
    """

    classes: tuple[Score, Score, Score, Score]
    coding: Score
    accuracy: float

    @classmethod
    def from_confusion(cls, cm: ArrayLike) -> PhaseScores:
        """Score a (4, 4) matrix ``[reference][prediction]``."""
        counts = np.asarray(cm)
        if counts.shape != (4, 4):
            raise BadInputError(f"a confusion matrix of phases is 4 x 4, not {counts.shape}")
        none, *phases = (_class_score(counts, (k,)) for k in range(4))
        return cls(
            (none, phases[0], phases[1], phases[2]),
            _class_score(counts, (1, 2, 3)),
            _ratio(float(np.trace(counts)), float(counts.sum())),
        )

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON."""
        return {
            **{name: score.as_dict() for name, score in zip(PHASE_NAMES, self.classes, strict=True)},
            "coding": self.coding.as_dict(),
            "accuracy": self.accuracy,
        }


def _class_score(counts: NDArray[Any], classes: Sequence[int]) -> Score:
    """Sum of the one-against-all counts of some classes."""
    chosen = list(classes)
    right = int(np.diagonal(counts)[chosen].sum())
    return Score(right, int(counts[:, chosen].sum()) - right, int(counts[chosen, :].sum()) - right)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
