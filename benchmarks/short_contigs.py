"""What short contigs cost to predict, and what shorter windows change: time, and scores against the truth.

    python benchmarks/short_contigs.py [--bases 400000] [--model MODEL]

A simulated genome is cut into contigs of one length each; its true genes are cut with it. Each is predicted with
windows to the next bucket (the default) and padded to whole windows (Helixer's way), in this process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from importlib.resources import files
from pathlib import Path

import numpy as np

from helixdask.engine.run import RunOptions, run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.scores.bases import BaseScores, confusion
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate.settings import SimulateSettings
from helixdask.simulate.simulation import simulate
from helixdask.store.store import Store
from helixdask.trainer.prediction.stage import PredictStage

QUIET = RunOptions(workers=1, quiet=True)
LETTERS = np.frombuffer(b"CATGN", np.uint8)


def cut_genome(store: Store, length: int, target: Path) -> tuple[str, np.ndarray]:
    """Pieces of a genome as contigs of a new store; true classes of all bases, ``(strand, position)``."""
    codes = np.minimum(store.read("genome/sequence", 0, store.n_bases) & 0x0F, 4)
    contigs = zip(store.contigs.offsets[:-1].tolist(), store.contigs.lengths.tolist(), strict=True)
    edges = [at for start, size in contigs for at in range(start, start + size, length)]
    with (target / "cut.fa").open("wb") as out:
        for number, (a, b) in enumerate(zip(edges, [*edges[1:], store.n_bases], strict=True)):
            out.write(b">c%d\n" % number + LETTERS[codes[a:b]].tobytes() + b"\n")
    url = str(target / "cut.zarr")
    run_stage(EncodeStage(str(target / "cut.fa"), "cut"), url, QUIET)
    return url, store.read("labels/reference/label", 0, store.n_bases)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=400_000)
    parser.add_argument("--model", default=str(files("helixdask.trainer.base_models") / "demo.keras"))
    given = parser.parse_args()
    print("| contigs | default: s | genic F1 | whole windows: s | genic F1 | times |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        settings = SimulateSettings(bases=given.bases, seed=5, species_seed=10, subgenomes=1, contigs=2, read_depth=0)
        simulate(settings, work / "sim")
        whole = str(work / "whole.zarr")
        run_stage(EncodeStage(str(work / "sim/genome.fa"), "whole"), whole, QUIET)
        run_stage(ImportGenesStage(gff=str(work / "sim/truth.gff3")), whole, QUIET)
        run_stage(LabelsStage(), whole, QUIET)
        for rules in ("default", "helixer"):  # imports and compiles
            run_stage(PredictStage.for_model(whole, given.model, predictions=rules, rules=rules), whole, QUIET)
        for length in (300, 1_000, 3_000, 8_000, 30_000):
            target = work / str(length)
            target.mkdir()
            url, truth = cut_genome(Store.open(whole), length, target)
            cells = []
            for rules in ("default", "helixer"):
                stage = PredictStage.for_model(url, given.model, predictions=rules, rules=rules)
                start = time.perf_counter()
                run_stage(stage, url, QUIET)
                seconds = time.perf_counter() - start
                found = Store.open(url).read(f"predictions/{rules}/class_probability", 0, truth.shape[1]).argmax(axis=1)
                cells.append((seconds, BaseScores.from_confusion(confusion(truth, found)).genic.f1))
            (a, f), (b, g) = cells
            print(f"| {length:,} | {a:.1f} | {f:.3f} | {b:.1f} | {g:.3f} | {b / a:.1f} |", flush=True)


if __name__ == "__main__":
    main()
