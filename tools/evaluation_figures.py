"""Make the figure of docs/explanation/evaluate.md: what evaluate draws for the predictions and genes of a store.

    python tools/evaluation_figures.py STORE REFERENCE.gff3 docs/images

The page shows it for Helixer's own small test genome (260 kb), predicted by a small network that knows it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from helixdask.evaluation import evaluate
from helixdask.evaluation.figures import draw_scores


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("reference")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    draw_scores(evaluate(asked.store, asked.reference), asked.folder / "evaluate.png")


if __name__ == "__main__":
    main()
