"""What tuning gains: the demonstration over several simulated genomes, and other modes on the same stores.

python benchmarks/tuning_gain.py [--seeds 5] [--folder DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from helixdask.cli.demo import run_demo
from helixdask.trainer.base_models import DEMO

COLUMNS = ("genic", "UTR", "CDS", "intron", "exon", "gene")
MODES = {
    "head": ("--mode", "head"),
    "whole": ("--mode", "whole"),
    "whole, step size 0.001": ("--mode", "whole", "--learning-rate", "0.001"),
}


def helixdask(*words: str | Path) -> str:
    """Run a command quietly."""
    command = [sys.executable, "-m", "helixdask.cli.main", *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout


def other_modes(folder: Path) -> dict[str, list[float]]:
    """Scores of models tuned in other modes on the demonstration's store."""
    from helixdask.cli.demo import scores_of

    found = {}
    for title, words in MODES.items():
        name = title.replace(", ", "_").replace(" ", "_").replace(".", "_")
        model = folder / f"{name}.keras"
        helixdask("tune", folder / "tuning.zarr", "--model", DEMO, "-o", model, "-q", "--keep-worse", *words)
        helixdask(
            *("annotate", folder / "held_out.zarr", "--model", model, "-o", folder / f"{name}.gff3"),
            *("--name", name, "-q"),
        )
        truth = folder / "simulated/truth.gff3"
        scored = helixdask("evaluate", folder / "held_out.zarr", "--reference", truth, "--predictions", name, "--json")
        found[title] = scores_of(json.loads(scored), name)
    return found


def main() -> None:
    """Run all seeds and print a table of means, and the gain of each seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    rows: dict[str, list[list[float]]] = {}
    for seed in range(options.seeds):
        with contextlib.redirect_stdout(io.StringIO()):
            scores = run_demo(folder / str(seed), seed)
        scores = {
            "base model": scores["base"],
            "coverage (default)": scores["tuned"],
            **other_modes(folder / str(seed)),
        }
        for name, values in scores.items():
            rows.setdefault(name, []).append(values)
    base = np.array(rows["base model"])
    print(f"Mean F1 over {options.seeds} genomes on held-out contigs, in brackets the gain over the base model\n")
    print(
        "| mode |", " | ".join(COLUMNS), "| gain of genic F1, genome by genome |\n|---|" + "---|" * (len(COLUMNS) + 1)
    )
    for name, values in rows.items():
        mean, gain = np.mean(values, axis=0), np.array(values) - base
        cells = [f"{m:.3f} ({g:+.3f})" for m, g in zip(mean, gain.mean(axis=0), strict=True)]
        print(f"| {name} |", " | ".join(cells), "|", ", ".join(f"{g:+.3f}" for g in gain[:, 0]), "|", flush=True)


if __name__ == "__main__":
    main()
