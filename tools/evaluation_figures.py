"""Make the figures of docs/evaluate.md: what evaluate and a sweep draw for the predictions of a store.

    python tools/evaluation_figures.py STORE REFERENCE.gff3 docs/images

The page shows them for Helixer's own small test genome (260 kb), predicted by a small network that knows it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from helixdask.evaluation import evaluate
from helixdask.evaluation.figures import draw_scores
from helixdask.evaluation.grid import Grid
from helixdask.evaluation.sources import read_annotation
from helixdask.evaluation.sweep import sweep
from helixdask.evaluation.sweep_output import draw_sweep
from helixdask.pipeline import call_stage
from helixdask.store.store import Store


def main() -> None:
    """Draw both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("reference")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    draw_scores(evaluate(asked.store, asked.reference), asked.folder / "evaluate.png")
    store = Store.open(asked.store)
    truth = read_annotation(asked.reference, store.contigs)
    rows = sweep(call_stage(asked.store), store, Grid.of([], [], [60, 150, 300]), reference=truth)
    draw_sweep(rows, asked.folder / "sweep.png")


if __name__ == "__main__":
    main()
