"""Every stage that needs no network, on a simulated genome of 80 kb."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from helixdask.calling.settings import CallSettings
from helixdask.coverage.settings import LibraryFiles
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.kinship.stage import KinshipStage
from helixdask.labels.stage import LabelsStage
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate import SimulateSettings, simulate
from helixdask.stages import call_stage, coverage_stages, libraries_of
from helixdask.store.store import Store
from helixdask.tracks.stage import TrackStage
from helixdask.windows.stage import WindowsStage
from tests.small_store import publish

HERE = RunOptions(workers=1, quiet=True, replace=True)
NAMES = ("encode", "genes", "labels", "coverage", "call", "track", "windows", "select", "split", "kinship")


def make_inputs(folder: Path) -> None:
    """Genome, annotation and reads."""
    simulate(SimulateSettings(bases=80_000, contigs=1, subgenomes=2, read_depth=3), folder)
    for name, end in (("repeats", 900), ("more", 1900)):
        (folder / f"{name}.bed").write_text(f"chr1A\t100\t{end}\n")


def write_predictions(url: str) -> None:
    """Predictions that know the labels."""
    store = Store.open(url)
    label = store.read("labels/reference/label", 0, store.n_bases)
    phase = store.read("labels/reference/phase", 0, store.n_bases)
    tracks = {
        "class_probability": np.stack([(label == k) * 0.85 + 0.05 for k in range(4)], axis=1).astype(np.float16),
        "phase_probability": np.stack([(phase == k) * 0.85 + 0.05 for k in range(4)], axis=1).astype(np.float16),
    }
    publish(store, "predictions/base", tracks, model_digest="x")


def stage_of(name: str, folder: Path, url: str, *, other: bool = False) -> Stage:
    """One of the stages; ``other`` changes a setting of it."""
    if name == "coverage":
        libraries = libraries_of(LibraryFiles((str(folder / "reads.bam"),), "unstranded" if other else "reverse"))
        return coverage_stages(url, libraries, replace=True)[0]
    if name == "call":
        return call_stage(url, CallSettings(min_coding_length=90 if other else 60))
    stages: dict[str, Stage] = {
        "encode": EncodeStage(str(folder / "genome.fa"), species="test", on_bad_base="n" if other else "error"),
        "genes": ImportGenesStage(gff=str(folder / "truth.gff3"), phases="file" if other else "chain"),
        "labels": LabelsStage(genetic_code=11 if other else 1),
        "track": TrackStage(str(folder / ("more.bed" if other else "repeats.bed")), kind="bed"),
        "windows": WindowsStage(9_000 if other else 6_000, labels="reference", predictions="base"),
        "select": SelectStage(keep_fraction=0.3 if other else 0.5),
        "split": SplitStage(seed=1 if other else 0),
        "kinship": KinshipStage("reference", scale=200 if other else 100),
    }
    return stages[name]


def store_before(name: str, inputs: Path) -> Path:
    """A store in which the stages before one have run; made once for each folder of inputs, to be copied."""
    url = inputs / "before" / name
    number = NAMES.index(name)
    if number and not url.exists():
        previous = NAMES[number - 1]
        aside = inputs / "before" / f"{name}.partial"
        if number > 1:
            shutil.copytree(store_before(previous, inputs), aside)
        run_stage(stage_of(previous, inputs, str(aside)), str(aside), HERE)
        if previous == "labels":
            write_predictions(str(aside))
        aside.rename(url)
    return url


def copy_before(name: str, inputs: Path, target: Path) -> None:
    """Copy that store; before the first stage there is none."""
    if name != NAMES[0]:
        shutil.copytree(store_before(name, inputs), target)
