"""What splice sites and start codons that calling learns are worth, by how much they count.

The base models of the pairs of ``adaptation.py`` predict the blocks that its report looks at (the others are those on
which the weight was chosen), and genes are called with each weight.

Example
-------
``python benchmarks/site_weights.py DATA FOLDER --pair spombe --weight 0 --weight 10``
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from adaptation import LEVELS, N_TO_CHOOSE, PAIRS, Laboratory, joined

from helixdask.calling.settings import SITE_WEIGHT, CallSettings
from helixdask.evaluation.evaluate import evaluate
from helixdask.trainer.prediction.settings import PredictSettings
from helixdask.trainer.recipes import annotate
from helixdask.trainer.tuning.bootstrap import match_f1

_SHOWN = {"base": "coding base"} | {level: {"exon": "coding segment"}.get(level, level) for level in LEVELS}
_DRAWS = 1000


def counts(laboratory: Laboratory, name: str, number: int, weight: float) -> dict[str, Any]:
    """Matches of a block, piece by piece: coding bases, coding segments and genes."""
    pair, (_, annotation) = PAIRS[name], laboratory.block(name, number)
    url = laboratory.scored_store(name, number)
    genes = f"sites_{weight:g}".replace(".", "_")
    annotate(
        url,
        laboratory.model_of(pair),
        str(laboratory.folder / f"{name}_{number}_{genes}.gff3"),
        laboratory.options,
        predict=PredictSettings(predictions="base_overlap", overlap=True),
        call=CallSettings(output=genes, site_weight=weight),
    )
    found = evaluate(url, str(annotation), predictions="base_overlap", genes=genes, options=laboratory.options)
    n = len(found.contigs)
    return {level: found.genes[genes].by_contig(level, "coding", n).tolist() for level in _SHOWN}


def scores(of_pieces: dict[str, Any], times: np.ndarray | None = None) -> np.ndarray:
    """F1 of each level, from counts by piece, each of which counts so many times."""
    n = len(of_pieces["base"])
    times = np.ones((1, n)) if times is None else times
    levels = [match_f1(np.einsum("dp,pc->dc", times, np.array(of_pieces[level], np.float64))) for level in _SHOWN]
    return np.stack(levels, axis=-1)


def table(name: str, by_weight: dict[float, dict[str, Any]]) -> None:
    """A row for each weight: F1, and the gain over the first one with its 95 % interval over pieces."""
    rng = np.random.default_rng(0)
    base = next(iter(by_weight.values()))
    n = len(base["base"])
    times = rng.multinomial(n, np.full(n, 1 / n), _DRAWS).astype(np.float64)
    for weight, found in by_weight.items():
        gain = (scores(found) - scores(base))[0]
        low, high = np.quantile(scores(found, times) - scores(base, times), [0.025, 0.975], axis=0)
        cells = [
            f"{score:.3f}" if found is base else f"{score:.3f} ({value:+.3f}: {a:+.3f} to {b:+.3f})"
            for score, value, a, b in zip(scores(found)[0], gain, low, high, strict=True)
        ]
        print(f"| {name}, {weight:g} |", " | ".join(cells), "|", flush=True)


def main() -> None:
    """Call, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pair", action="append", choices=sorted(PAIRS))
    parser.add_argument("--weight", action="append", type=float)
    given = parser.parse_args()
    laboratory = Laboratory(given.data, given.folder)
    print("| pair, weight |", " | ".join(_SHOWN.values()), "|")
    print("|---|" + "---|" * len(_SHOWN))
    for name in given.pair or [*PAIRS]:
        blocks = range(N_TO_CHOOSE, len(PAIRS[name].blocks))
        weights = given.weight or [0.0, SITE_WEIGHT]
        table(name, {w: joined([counts(laboratory, name, number, w) for number in blocks]) for w in weights})


if __name__ == "__main__":
    main()
