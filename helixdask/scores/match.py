"""How many of one side were found, and how many of the other are right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """How many of the reference were found, and how many of the prediction are right.

    Rates are 0 where there is nothing. The two sides are counted apart, for one reference gene may be met by several
    predicted ones.
    """

    n_reference: int
    n_prediction: int
    found: int
    right: int

    @property
    def sensitivity(self) -> float:
        """Share of the reference that was found (recall)."""
        return self.found / self.n_reference if self.n_reference else 0.0

    @property
    def precision(self) -> float:
        """Share of the prediction that is right."""
        return self.right / self.n_prediction if self.n_prediction else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and precision."""
        total = self.sensitivity + self.precision
        return 2 * self.sensitivity * self.precision / total if total else 0.0

    def as_dict(self) -> dict[str, float]:
        """Counts and rates by name."""
        rates = {"sensitivity": self.sensitivity, "precision": self.precision, "f1": self.f1}
        return {**vars(self), **rates}
