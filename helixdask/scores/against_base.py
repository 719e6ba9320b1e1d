"""The scores in a verdict, one by one: of a tuned model, of its base model, and what was gained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from helixdask.scores.evidence import term_title

CLASS_TITLES: Final = {"genic": "genic", "utr": "UTR", "cds": "CDS", "intron": "intron", "intergenic": "intergenic"}
"""What scores by base are of, for people."""
_GENES: Final = {"exon": "coding exons, exact", "gene": "genes, all coding exons exact"}
_PHASES: Final = ("0", "1", "2")


class AgainstBase(NamedTuple):
    """A score of two models.

    Attributes
    ----------
    title
        What is scored.
    tuned, base
        The score; None: there is no base model, or it was not scored so.
    estimate
        Gain, and the ends of its 95 % interval; None: not known.
    """

    title: str
    tuned: float
    base: float | None
    estimate: Sequence[float] | None = None

    @property
    def gain(self) -> float | None:
        """What was gained; None where there is nothing to compare with."""
        if self.estimate:
            return self.estimate[0]
        return None if self.base is None else self.tuned - self.base

    @property
    def interval_in_words(self) -> str:
        """The interval; empty where it is not known.

        Examples
        --------
        >>> AgainstBase("genic", 0.8, 0.7, (0.1, 0.05, 0.15)).interval_in_words
        '+0.0500 to +0.1500'
        """
        return f"{self.estimate[1]:+.4f} to {self.estimate[2]:+.4f}" if self.estimate else ""


def f1_against_base(verdict: Mapping[str, Any]) -> Iterator[AgainstBase]:
    """F1 of bases by class and by phase, of coding exons and of genes, as far as a verdict holds them.

    Parameters
    ----------
    verdict
        Of a model's card, with ``tuned``.
    """
    tuned, base, gain = verdict["tuned"], verdict.get("base") or {}, verdict.get("gain") or {}
    for key, title in CLASS_TITLES.items():
        if key in tuned:
            before = base[key]["f1"] if key in base else None
            yield AgainstBase(f"{title}, bases", tuned[key]["f1"], before, gain.get(key))
    for phase in _PHASES if "phase" in tuned else ():
        yield AgainstBase(f"phase {phase}, bases", tuned["phase"][phase], (base.get("phase") or {}).get(phase))
    genes = verdict.get("genes") or {}
    for key, title in _GENES.items():
        if key in genes:
            before = (genes[key].get("base") or {}).get("f1")
            yield AgainstBase(title, genes[key]["tuned"]["f1"], before, genes[key].get("gain"))


def evidence_source(verdict: Mapping[str, Any]) -> str:
    """What the libraries hold that a verdict is from, such as ``reads``."""
    return str((verdict.get("evidence") or {}).get("source", "reads"))


def evidence_against_base(verdict: Mapping[str, Any]) -> Iterator[AgainstBase]:
    """Agreement with each kind of evidence, as far as a verdict holds it."""
    for name, term in ((verdict.get("evidence") or {}).get("terms") or {}).items():
        title = term_title(name, evidence_source(verdict))
        yield AgainstBase(title, term["tuned"], term["base"], term.get("gain"))
