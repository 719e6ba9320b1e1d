"""Is a tuned model better than its base, where the labels are the base model's own? Judged by what it has not made.

Both models call genes on the same validation blocks; reads and reading frames say which agree better with what is
there. See `helixdask.scores.evidence` for what is counted. Agreement with the labels counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from helixdask.scores.evidence import TERMS, term_title
from helixdask.trainer.tuning.bootstrap import match_f1, ratio
from helixdask.trainer.tuning.gene_counts import Counts

BETTER: Final = "better"
NOT_BETTER: Final = "not better"
CANNOT_TELL: Final = "cannot tell"

_COVERAGE: Final = TERMS.index("coverage")
_DRAWS: Final = 1000
_LEVEL: Final = 0.95
_LEAST: Final = {"junctions": 20, "coverage": 2_000, "frames": 200}
"""Size of the evidence, and of what either model calls, below which a term says nothing."""
_FEWEST_BLOCKS: Final = 8
_MOST_CHANGE: Final = 0.3
"""A number of genes that changes by more is believed only where reads confirm it."""


def term_scores(evidence: NDArray[Any], *, reads_seen: bool) -> NDArray[np.float64]:
    """Score of each term, ``(..., term)`` float64 from counts ``(..., term, column)``.

    Junctions and reading frames: F1 of what the evidence confirms and what of it is called. Coverage: the share of
    what is to be known of where reads lie that the genes tell, see `explained`. For a model that sees the reads, those
    confirm nothing: of them only the share that is called counts.
    """
    scores: NDArray[np.float64] = match_f1(evidence[..., :4])
    if reads_seen:
        recall = ratio(evidence[..., 2], evidence[..., 0].astype(np.float64))
        return np.concatenate([recall[..., :2], scores[..., 2:]], axis=-1)
    scores[..., _COVERAGE] = explained(evidence[..., _COVERAGE, :])
    return scores


def explained(coverage: NDArray[Any]) -> NDArray[np.float64]:
    """How much of the uncertainty about which bases are covered the called genes remove, 0 to 1.

    Genes divide the bases into coding ones, untranslated ones (both of genes that reads cover) and all others. The
    score is Theil's uncertainty coefficient: mutual information of that and of being covered, over the entropy of being
    covered. Each kind of base is compared with its own share of covered ones, so that UTRs, which reads cover less,
    count for the genes as soon as reads cover them clearly more than what lies between genes.

    Parameters
    ----------
    coverage
        ``(..., column)`` counts, see `helixdask.scores.evidence.COLUMNS`.

    Examples
    --------
    Of 100 bases 40 are covered, all in coding bases; then as many within and without:

    >>> explained(np.array([[40, 40, 40, 40, 0, 0, 100], [40, 50, 20, 20, 0, 0, 100]])).tolist()
    [1.0, 0.0]
    """
    there, called, _, confirmed, utr, utr_confirmed, bases = np.moveaxis(coverage.astype(np.float64), -1, 0)
    parts = ((called - utr, confirmed - utr_confirmed), (utr, utr_confirmed), (bases - called, there - confirmed))
    unknown = _entropy(bases, there)
    return ratio(unknown - sum(_entropy(whole, part) for whole, part in parts), unknown)


def _entropy(whole: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy of being covered, summed over bases of which a part is."""
    rest = whole - part
    total: NDArray[np.float64] = xlogy(whole, whole) - xlogy(part, part) - xlogy(rest, rest)
    return total


def criterion(observed: Counts, *, reads_seen: bool) -> float | None:
    """One number for choosing among checks of a run: the mean over the terms that have evidence; None without any."""
    total = observed.evidence.sum(axis=0)
    told = np.array([total[number, 0] >= _LEAST[name] for number, name in enumerate(TERMS)])
    return float(term_scores(total, reads_seen=reads_seen)[told].mean()) if told.any() else None


def judge(tuned: Counts, base: Counts, *, reads_seen: bool, source: str = "reads") -> dict[str, Any]:
    """Compare both models by the evidence.

    Parameters
    ----------
    tuned, base
        What was called by both, and what evidence there is, in the same blocks.
    reads_seen
        Whether the tuned model sees the reads that are evidence here.
    source
        What the libraries hold that are evidence here, for people.

    Returns
    -------
    dict
        ``outcome`` (``better``, ``not better`` or ``cannot tell``), ``reason`` (a phrase; empty where the gain speaks
        for itself), ``gain`` (mean over terms with its 95 % interval, or None), ``terms`` (by name the scores of both
        and the gain with its interval), ``n_genes`` (of both), ``blocks``, ``reads_seen``, ``source``.
    """
    both = np.stack([tuned.evidence, base.evidence]).astype(np.float64)
    total = both.sum(axis=1)
    told = [
        number
        for number, name in enumerate(TERMS)
        if total[0, number, 0] >= _LEAST[name] and total[:, number, 1].max() >= _LEAST[name]
    ]
    n_blocks = int((both[..., 0].sum(axis=(0, 2)) > 0).sum())
    found: dict[str, Any] = {
        "gain": None,
        "terms": {},
        "n_genes": {"tuned": tuned.n_genes, "base": base.n_genes},
        "blocks": n_blocks,
        "reads_seen": reads_seen,
        "source": source,
    }
    if told:
        scores = term_scores(total, reads_seen=reads_seen)
        intervals, found["gain"] = _intervals(both, told, reads_seen=reads_seen)
        found["terms"] = {
            TERMS[number]: {"tuned": float(scores[0, number]), "base": float(scores[1, number]), "gain": interval}
            for number, interval in zip(told, intervals, strict=True)
        }
    outcome, reason = outcome_of(found)
    return {"outcome": outcome, **found, "reason": reason}


def outcome_of(found: Mapping[str, Any]) -> tuple[str, str]:
    """What follows from gains in agreement with evidence, and why no more than that; the reason is empty otherwise.

    Parameters
    ----------
    found
        What `judge` gives, but for the outcome.
    """
    gain, gains = found["gain"], {name: term["gain"] for name, term in found["terms"].items()}
    source = found.get("source", "reads")
    if not gains:
        return CANNOT_TELL, f"there are neither enough {source} nor long reading frames to judge by"
    if found["blocks"] < _FEWEST_BLOCKS:
        return CANNOT_TELL, f"there are only {found['blocks']} validation blocks with evidence"
    if gain[2] < 0:
        return NOT_BETTER, ""
    by_reads = [low > 0 for name, (_, low, _) in gains.items() if name != "frames"]
    change = found["n_genes"]["tuned"] / max(found["n_genes"]["base"], 1) - 1
    if abs(change) > _MOST_CHANGE and (found["reads_seen"] or not any(by_reads)):
        return CANNOT_TELL, f"the number of genes changes by {100 * change:+.0f} %, and no {source} confirm it"
    if gain[1] <= 0:
        return CANNOT_TELL, "the interval of the gain holds 0"
    worse = [name for name, (value, _, _) in gains.items() if value < 0]
    if worse:
        return CANNOT_TELL, f"it agrees worse with {' and '.join(worse)}"
    if not by_reads:
        return CANNOT_TELL, "reading frames alone do not show it, reads would"
    return BETTER, ""


def _intervals(
    both: NDArray[np.float64], told: list[int], *, reads_seen: bool, seed: int = 0
) -> tuple[list[list[float]], list[float]]:
    """Gain of each term and of their mean: value, lower and upper end of the 95 % interval; blocks are drawn anew."""
    rng = np.random.default_rng(seed)
    n = both.shape[1]
    times = rng.multinomial(n, np.full(n, 1 / n), _DRAWS).astype(np.float64)
    drawn = np.einsum("db,mbtc->mdtc", times, both)
    gains = np.diff(term_scores(drawn, reads_seen=reads_seen)[::-1, :, told], axis=0)[0]
    gain = np.diff(term_scores(both.sum(axis=1), reads_seen=reads_seen)[::-1, told], axis=0)[0]
    gains = np.concatenate([gains, gains.mean(axis=1, keepdims=True)], axis=1)
    gain = np.append(gain, gain.mean())
    low, high = np.quantile(gains, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    rows = np.stack([gain, low, high], axis=1).tolist()
    return rows[:-1], rows[-1]


def judgement_in_words(found: dict[str, Any]) -> str:
    """What evidence says: why it cannot tell, where that is so, the gain in agreement, and the genes called."""
    counts = found["n_genes"]
    parts = [found["reason"], f"{counts['tuned']:,} genes called, {counts['base']:,} by the base"]
    if found["gain"]:
        gain, low, high = found["gain"]
        gains = {term_title(name, found["source"]): term["gain"][0] for name, term in found["terms"].items()}
        by_term = ", ".join(f"{title} {value:+.3f}" for title, value in gains.items())
        interval = f"95 % interval {low:+.3f} to {high:+.3f} over {found['blocks']} blocks"
        parts.insert(1, f"agreement with evidence {gain:+.3f} ({interval}; {by_term})")
    return "; ".join(filter(None, parts))
