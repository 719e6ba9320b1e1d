"""A species: everything that is the same in all genomes drawn from it.

All species share one grammar (GT...AG, a start and a stop codon, no stop in frame, a pyrimidine tract, a poly(A)
signal) and the amino acids that proteins are made of. They differ in composition, codon usage, strength and taste of
the signals, and in lengths.
Bases are coded as in the store: C, A, T, G = 0, 1, 2, 3, so that the complement is 3 - code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONTEXT = 3
"""Bases before a base that its probability depends on."""

# Spread of the logarithms of probabilities: what species share, and what is their own.
COMMON_CHAIN, OWN_CHAIN = 0.25, 0.15
COMMON_CODONS, OWN_CODONS = 0.4, 0.5

_LETTERS = "CATG"
_STANDARD_CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"  # in the order TCAG
_TCAG_TO_CODE = np.array([2, 0, 1, 3])
# Amino acids per thousand in plant proteins, rounded; the same for every species.
_PROTEIN = dict(
    zip(
        "ACDEFGHIKLMNPQRSTVWY",
        (68, 19, 54, 67, 43, 65, 23, 53, 64, 95, 24, 44, 48, 36, 54, 89, 51, 66, 13, 29),
        strict=True,
    )
)


def _genetic_code() -> NDArray[np.str_]:
    amino = np.empty(64, dtype="<U1")
    for i, letter in enumerate(_STANDARD_CODE):
        first, second, third = _TCAG_TO_CODE[[i // 16, i // 4 % 4, i % 4]]
        amino[first * 16 + second * 4 + third] = letter
    return amino


AMINO_ACID: NDArray[np.str_] = _genetic_code()
"""(64,) one letter per codon, '*' for stop; a codon is 16 * first + 4 * second + third."""
STOP: NDArray[np.bool_] = AMINO_ACID == "*"
"""(64,) whether the codon is a stop."""


@dataclass(frozen=True)
class Species:
    """Composition, signals and lengths of a species.

    Chains are (64, 4): the probability of a base after the three before it. Motifs are (width, 4). Lengths are in
    bases.
    """

    seed: int
    intergenic: NDArray[np.float64]
    utr: NDArray[np.float64]
    intron: NDArray[np.float64]
    codons: NDArray[np.float64]
    stops: NDArray[np.float64]
    donor: NDArray[np.float64]
    branch: NDArray[np.float64]
    acceptor: NDArray[np.float64]
    before_start: NDArray[np.float64]
    promoter: NDArray[np.float64]
    poly_a: NDArray[np.float64]
    exon_end_taste: float
    intron_median: float
    intron_sigma: float
    intron_spacing: float
    coding_median: float
    utr5_median: float
    utr3_median: float
    repeats: tuple[NDArray[np.uint8], ...]

    @property
    def gene_length(self) -> float:
        """Mean length of a gene with its introns."""
        coding = lognormal_mean(self.coding_median, 0.5)
        introns = 0.8 * coding / self.intron_spacing * lognormal_mean(self.intron_median, self.intron_sigma)
        return coding + introns + lognormal_mean(self.utr5_median, 0.6) + lognormal_mean(self.utr3_median, 0.6)


def lognormal_mean(median: float, sigma: float) -> float:
    """Mean of a lognormal with this median."""
    return float(median * np.exp(sigma * sigma / 2))


def sample_columns(motif: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw `count` instances of a motif: (count, width) uint8 base codes."""
    edges = np.cumsum(motif, axis=1)[:, :3]
    drawn: NDArray[np.uint8] = (rng.random((count, len(motif), 1)) >= edges).sum(axis=2).astype(np.uint8)
    return drawn


def draw_species(seed: int) -> Species:
    """Draw a species; the same seed gives the same species."""
    rng = np.random.default_rng([0x5EC1E5, seed])
    kin = np.random.default_rng(0xC0DE)  # what all species have in common
    gc = rng.uniform(0.30, 0.44)
    coding_gc3 = rng.uniform(0.30, 0.75)
    tract_t = rng.uniform(0.45, 0.65)
    tract = {"T": tract_t, "C": 0.85 - tract_t}
    return Species(
        seed=seed,
        intergenic=_chain(rng, kin, gc, t_skew=0.0),
        utr=_chain(rng, kin, gc + rng.uniform(0.0, 0.06), t_skew=rng.uniform(0.0, 0.08)),
        intron=_chain(rng, kin, gc - rng.uniform(0.0, 0.05), t_skew=rng.uniform(0.05, 0.14)),
        codons=_codon_usage(rng, kin, coding_gc3),
        stops=_stops(rng),
        donor=_motif(rng, ["G", "T", "AG", "A", "G", "T"], (0.60, 0.92), exact=2),
        branch=_motif(rng, ["CT", "T", "ACGT", "A", "CT"], (0.65, 0.92)),
        acceptor=np.concatenate(
            [np.tile(_column(tract), (14, 1)), _motif(rng, ["ACGT", "CT", "A", "G"], (0.85, 0.95), exact_last=2)]
        ),
        before_start=_motif(rng, ["ACG", "AC", "AC", "AG", "AC", "AC"], (0.55, 0.85)),
        promoter=_motif(rng, list("TATAAATA"), (0.70, 0.92)),
        poly_a=_motif(rng, list("AATAAA"), (0.70, 0.95)),
        exon_end_taste=rng.uniform(0.02, 0.15),
        intron_median=rng.uniform(95, 190),
        intron_sigma=rng.uniform(0.35, 0.65),
        intron_spacing=rng.uniform(220, 360),
        coding_median=rng.uniform(800, 1000),
        utr5_median=rng.uniform(80, 140),
        utr3_median=rng.uniform(150, 240),
        repeats=_repeat_families(rng, gc),
    )


def _column(letters: dict[str, float]) -> NDArray[np.float64]:
    rest = (1 - sum(letters.values())) / (4 - len(letters))
    return np.array([letters.get(letter, rest) for letter in _LETTERS])


def _motif(
    rng: np.random.Generator, wanted: list[str], strength: tuple[float, float], exact: int = 0, exact_last: int = 0
) -> NDArray[np.float64]:
    columns = []
    for i, letters in enumerate(wanted):
        if len(letters) == 4:
            columns.append(np.full(4, 0.25))
            continue
        sure = i < exact or i >= len(wanted) - exact_last
        total = 1.0 if sure else rng.uniform(*strength)
        shares = rng.dirichlet(np.full(len(letters), 2.0)) if len(letters) > 1 else np.ones(1)
        columns.append(_column({letter: float(total * share) for letter, share in zip(letters, shares, strict=True)}))
    return np.array(columns)


def _chain(rng: np.random.Generator, kin: np.random.Generator, gc: float, t_skew: float) -> NDArray[np.float64]:
    at = 1 - gc
    base = np.array([gc / 2, at / 2 - t_skew / 2, at / 2 + t_skew / 2, gc / 2])
    shape = (4**CONTEXT, 4)
    chain = base * np.exp(kin.normal(0, COMMON_CHAIN, shape) + rng.normal(0, OWN_CHAIN, shape))
    normalised: NDArray[np.float64] = chain / chain.sum(axis=1, keepdims=True)
    return normalised


def _codon_usage(rng: np.random.Generator, kin: np.random.Generator, gc3: float) -> NDArray[np.float64]:
    third_is_gc = np.isin(np.arange(64) % 4, (0, 3))
    spread = kin.normal(0, COMMON_CODONS, 64) + rng.normal(0, OWN_CODONS, 64)
    taste = np.where(third_is_gc, gc3, 1 - gc3) * np.exp(spread)
    usage = np.zeros(64)
    for amino, share in _PROTEIN.items():
        family = np.isin(AMINO_ACID, amino)
        usage[family] = share * taste[family] / taste[family].sum()
    normalised: NDArray[np.float64] = usage / usage.sum()
    return normalised


def _stops(rng: np.random.Generator) -> NDArray[np.float64]:
    shares = np.zeros(64)
    shares[STOP] = rng.dirichlet(np.full(3, 3.0))
    return shares


def _repeat_families(rng: np.random.Generator, gc: float) -> tuple[NDArray[np.uint8], ...]:
    families = []
    for _ in range(8):  # interspersed
        family_gc = gc + rng.uniform(-0.06, 0.14)
        shares = [family_gc / 2, 0.5 - family_gc / 2, 0.5 - family_gc / 2, family_gc / 2]
        families.append(rng.choice(4, int(rng.lognormal(np.log(600), 0.6)), p=shares).astype(np.uint8))
    for _ in range(4):  # tandem
        unit = rng.integers(0, 4, int(rng.integers(1, 30))).astype(np.uint8)
        families.append(np.resize(unit, 160))
    return tuple(families)
