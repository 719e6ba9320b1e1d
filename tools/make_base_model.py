"""Make the small base model that ships in the package and that the demonstration tunes.

    python tools/make_base_model.py

It simulates a species that is not the demonstration's, prepares a store from its true genes, trains a small network
from scratch, and scores it on new genomes of its own and of the demonstration's species. Writes
trainer/base_models/demo.keras and CARD.md beside it. One core and about half an hour; the same seeds and one thread
give the same weights on the same hardware.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.scores.bases import BaseScores, confusion
from helixdask.selection.settings import SplitSettings
from helixdask.sequence.settings import EncodeSettings
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate import SimulateSettings, simulate
from helixdask.store.store import Store
from helixdask.trainer.network.model_file import load_model, save_model
from helixdask.trainer.network.spec import NetworkSpec, parameter_count
from helixdask.trainer.prediction.stage import PredictStage
from helixdask.trainer.recipes import PrepareSettings, prepare
from helixdask.trainer.tuning.progress import Event
from helixdask.trainer.tuning.settings import TuneSettings
from helixdask.trainer.tuning.tune import train_from_scratch, tune

TARGET = Path(__file__).parents[1] / "trainer/base_models"
OPTIONS = RunOptions(workers=1, quiet=True)
SPEC = NetworkSpec(cnn_layers=2, filter_depth=32, kernel_size=10, pool_size=9, lstm_layers=1, units=48)
GENOME = SimulateSettings(bases=6_000_000, seed=100, species_seed=10, subgenomes=1, contigs=16, read_depth=0)
DEMO_SPECIES = SimulateSettings().species_seed
INFERENCE_WINDOW = 21_384

CARD = """# The demonstration's base model

`demo.keras`, {size:,} bytes, {weights:,} weights. It exists so that the demonstration and the tests can tune something
within minutes. **It knows no real genome**: for real work take one of Helixer's published models.

**Network**: `{spec}`

**Trained on** a simulated species (`species_seed={genome.species_seed}`, `seed={genome.seed}`): {genome.bases:,} bases,
{genome.contigs} contigs, diploid, its true genes as labels, no reads. Both strands. Whole contigs, 7 % of the bases,
were kept for validation and chose the epoch. The demonstration's species (`species_seed={demo_species}`) has another
composition, codon usage, splice sites and intron lengths.

**How**: from random weights (seed 0): {steps}. {minutes:.0f} minutes on one core of a shared machine.

**Scores** (F1 over all bases of both strands of simulated genomes it never saw, 0.6 Mb each):

| genome | genic | UTR | CDS | intron |
|---|---|---|---|---|
{rows}

Made by `python tools/make_base_model.py`.
"""

log = logging.getLogger("make_base_model")


@dataclass(frozen=True)
class Phase:
    """Training with one window length and learning rate."""

    window_length: int
    batch_size: int
    learning_rate: float
    epochs: int


# Short windows make many steps; longer ones then teach where genes begin and end.
PHASES = (Phase(2_160, 32, 3e-3, 10), Phase(4_320, 32, 1e-3, 4), Phase(4_320, 32, 2e-4, 2))


def main() -> None:
    """Simulate, prepare, train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("base_model_work"), help="scratch folder, kept")
    parser.add_argument("--bases", type=int, default=GENOME.bases, help="of the genome to train on")
    parser.add_argument("--epochs", type=int, nargs=len(PHASES), default=[phase.epochs for phase in PHASES])
    parser.add_argument("--output", type=Path, default=TARGET, help="folder of demo.keras and CARD.md")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.output.mkdir(parents=True, exist_ok=True)

    began = time.monotonic()
    genome = replace(GENOME, bases=arguments.bases)
    phases = [replace(phase, epochs=n) for phase, n in zip(PHASES, arguments.epochs, strict=True) if n]
    model, history = train(genome, phases, arguments.work)
    minutes = (time.monotonic() - began) / 60
    target = arguments.output / "demo.keras"
    write_model(model, target, genome, phases, history)
    scores = {
        "Its own species, a new genome": score(
            target, replace(genome, seed=900, bases=600_000, contigs=2), arguments.work
        ),
        "The demonstration's species": score(
            target, SimulateSettings(bases=600_000, seed=900, contigs=1, read_depth=0), arguments.work
        ),
    }
    write_card(arguments.output / "CARD.md", target, genome, phases, scores, minutes)


def train(genome: SimulateSettings, phases: list[Phase], work: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Train phase after phase; the last phase's best model and the log of all."""
    made = simulate(genome, work / "genome")
    model, history = Path(), []
    for number, phase in enumerate(phases):
        store = work / f"windows_{phase.window_length}.zarr"
        prepare(
            PrepareSettings(
                genome=EncodeSettings(str(made.genome), species="simulated"),
                store=str(store),
                gff3=str(made.truth),
                window_length=phase.window_length,
                split=SplitSettings(val_fraction=0.07),
            ),
            OPTIONS,
        )
        settings = TuneSettings(
            stores=(str(store),),
            output=str(work / f"phase_{number + 1}.keras"),
            model=str(model) if number else None,
            mode="whole",
            epochs=phase.epochs,
            patience=phase.epochs,
            batch_size=phase.batch_size,
            learning_rate=phase.learning_rate,
            threads=1,
        )
        result = tune(settings, tell) if number else train_from_scratch(settings, SPEC, tell)
        history += [{"phase": number + 1} | row for row in result.history if row["epoch"]]
        model = Path(result.path)
        log.info("phase %d: %.0f kb/s, %.0f s", number + 1, result.bases_per_second / 1e3, result.seconds)
    return model, history


def tell(event: Event) -> None:
    """Log messages and epochs."""
    if event.kind in ("message", "check"):
        log.info(event.text)
    elif event.kind == "step" and event.done % 100 == 0:
        log.info(
            "epoch %d step %d loss %.3f %.0f kb/s", event.epoch, event.done, event.loss, event.bases_per_second / 1e3
        )


def write_model(
    trained: Path, target: Path, genome: SimulateSettings, phases: list[Phase], history: list[dict[str, Any]]
) -> None:
    """Write the model under its name, with a card that speaks of the simulation instead of scratch files."""
    loaded = load_model(trained)
    card = loaded.card | {
        "name": target.stem,
        "training_window": phases[-1].window_length,
        "inference_window": INFERENCE_WINDOW,
        "base_model": None,
        "training_stores": [{"species": f"simulated species {genome.species_seed}", "n_bases": genome.bases}],
        "scores": history,
        "verdict": None,
        "settings": {"simulation": vars(genome), "phases": [vars(phase) for phase in phases]},
    }
    save_model(target, loaded.network, loaded.spec, card)
    log.info("%s: %d bytes, %d weights", target, target.stat().st_size, parameter_count(loaded.spec))


def score(model: Path, genome: SimulateSettings, work: Path) -> BaseScores:
    """Score the model base by base, both strands, on a genome it has never seen."""
    name = f"species_{genome.species_seed}_seed_{genome.seed}"
    made = simulate(genome, work / name)
    url = str(work / f"{name}.zarr")
    for stage in (
        EncodeStage(fasta=str(made.genome), species=name, on_bad_base="error"),
        ImportGenesStage(gff=str(made.truth)),
        LabelsStage(),
    ):
        run_stage(stage, url, OPTIONS)
    run_stage(PredictStage.for_model(url, model, predictions="base"), url, replace(OPTIONS, replace=True))
    store = Store.open(url)
    matrix = np.zeros((4, 4), np.int64)
    for start in range(0, store.n_bases, 1 << 18):
        stop = min(start + (1 << 18), store.n_bases)
        predicted = store.read("predictions/base/class_probability", start, stop).argmax(axis=1)
        valid = store.read("labels/reference/valid", start, stop)
        matrix += confusion(store.read("labels/reference/label", start, stop), predicted, valid)
    scores = BaseScores.from_confusion(matrix)
    log.info("%s: genic F1 %.4f %s", name, scores.genic.f1, [round(each.f1, 3) for each in scores.classes])
    return scores


def write_card(
    path: Path,
    model: Path,
    genome: SimulateSettings,
    phases: list[Phase],
    scores: dict[str, BaseScores],
    minutes: float,
) -> None:
    """Describe the model for people."""
    described = load_model(model)
    steps = "; ".join(
        f"{phase.epochs} epochs of windows of {phase.window_length:,} bases, {phase.batch_size} a batch, "
        f"learning rate {phase.learning_rate:g}"
        for phase in phases
    )
    rows = "\n".join(
        f"| {name} | {each.genic.f1:.3f} | " + " | ".join(f"{one.f1:.3f}" for one in each.classes[1:]) + " |"
        for name, each in scores.items()
    )
    text = CARD.format(
        size=model.stat().st_size,
        weights=parameter_count(described.spec),
        spec=json.dumps(described.spec.to_dict()),
        genome=genome,
        demo_species=DEMO_SPECIES,
        steps=steps,
        minutes=minutes,
        rows=rows,
    )
    path.write_text(text)


if __name__ == "__main__":
    main()
