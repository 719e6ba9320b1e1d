"""Plans against facts: what `--dry-run` says of every stage of prepare and annotate, and of tune, and what they take.

    python benchmarks/plans.py FOLDER --fasta GENOME.fa --gff3 GENES.gff3 [--bam READS.bam] [--evidence FILE.gff3]
        [--model MODEL] [--steps 12] [--parts prepare predict call tune]
    python benchmarks/plans.py FOLDER --simulate 100e6

Everything runs with one worker and one thread, so that times are CPU seconds and do not depend on what else the machine
does. Parts are processes of their own; the peak memory of a stage is that of its process, which does the work of the
worker and that of the command. With ``--model`` genes are called from predictions, too (annotate), and the model is
tuned for some steps, after a trial of a few has said what they will take; the clock of the trial is the processor's.
Kernels must have been compiled: run it twice. A folder that is there is gone on with, part by part.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from helixdask.amounts import size
from helixdask.coverage.libraries import Library
from helixdask.engine.cluster import RunOptions
from helixdask.engine.costs import COMMAND_SECONDS
from helixdask.engine.run import Summary, run_stage
from helixdask.sequence.settings import EncodeSettings
from helixdask.store.store import Store
from helixdask.trainer.prediction.settings import PredictSettings
from helixdask.trainer.prediction.stage import PredictStage
from helixdask.trainer.recipes import PrepareSettings, annotate, prepare

PLANNED = RunOptions(workers=1, quiet=True, dry_run=True)
DONE = RunOptions(workers=1, quiet=True)


class Meter:
    """CPU seconds and peak memory of this process since it was last asked."""

    def __init__(self) -> None:
        self._seconds = time.process_time()

    def taken(self) -> tuple[float, int]:
        """Both, and begin anew."""
        now, before = time.process_time(), self._seconds
        self._seconds = now
        status = Path("/proc/self/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from now on
        return now - before, peak


def factor(planned: float, taken: float) -> str:
    """How many times as much was planned as was taken."""
    return f"{planned / taken:.2f}" if taken else "–"


Recipe = Callable[[RunOptions, Callable[[Summary], None]], Any]


def compare(url: str, recipe: Recipe, meter: Meter, shown: str = "") -> None:
    """Plan a recipe, run it, and print both, stage by stage: those whose group begins so."""
    plans: dict[str, Any] = {}
    recipe(PLANNED, lambda summary: plans.update({summary.group: summary.plan}))
    meter.taken()  # what planning itself takes is not counted
    totals = [COMMAND_SECONDS, 0.0, 0.0, 0.0]

    def row(summary: Summary) -> None:
        plan = plans[summary.group]
        seconds, peak = meter.taken()
        if summary.state != "done" or not summary.group.startswith(shown):
            return
        n_bytes = Store.open(url).manifest(summary.group).n_bytes
        memory = max(plan.memory_of_client, plan.memory_per_worker)
        totals[:] = [a + b for a, b in zip(totals, (plan.seconds, seconds, plan.bytes_out, n_bytes), strict=True)]
        cells = [summary.group, f"{plan.tasks:,} / {summary.tasks:,}"]
        cells += [f"{plan.seconds:.1f}", f"{seconds:.1f}", factor(plan.seconds, seconds)]
        cells += [size(plan.bytes_out), size(n_bytes), factor(plan.bytes_out, n_bytes)]
        cells += [size(memory), size(peak), factor(memory, peak)]
        print("|", " | ".join(cells), "|", flush=True)

    recipe(DONE, row)
    if shown:
        return
    cells = ["all", "", f"{totals[0]:.1f}", f"{totals[1]:.1f}", factor(totals[0], totals[1])]
    cells += [size(totals[2]), size(totals[3]), factor(totals[2], totals[3]), "", "", ""]
    print("|", " | ".join(cells), "|", flush=True)


def compare_tuning(url: str, model: str, folder: Path, steps: int, meter: Meter) -> None:
    """Plan some steps of tuning, with a trial, run them, and print both."""
    from helixdask.trainer.tuning import outlook
    from helixdask.trainer.tuning.progress import Event
    from helixdask.trainer.tuning.tune import TuneSettings, dry_run, tune

    outlook.time = SimpleNamespace(perf_counter=time.process_time)
    output = folder / "tuned.keras"
    output.unlink(missing_ok=True)
    settings = TuneSettings((url,), str(output), model=model, mode="whole", max_steps=steps, threads=1)
    plan = dry_run(settings, measure=True)
    sizes = [0]

    def look(event: Event) -> None:
        del event
        sizes.append(sum(path.stat().st_size for path in folder.glob("*tuned*") if path.is_file()))

    meter.taken()
    result = tune(settings, look)
    cpu, peak = meter.taken()
    look(Event("message"))
    disk = max(sizes)  # the checkpoint lies beside the model until the end
    cells = [f"tune, {result.steps} steps", "", f"{plan['seconds_at_most']:.1f}", f"{cpu:.1f}"]
    cells += [factor(plan["seconds_at_most"], cpu), size(plan["disk"]), size(disk), factor(plan["disk"], disk)]
    cells += [size(plan["memory"]), size(peak), factor(plan["memory"], peak)]
    print("|", " | ".join(cells), "|", flush=True)


PARTS = ("prepare", "predict", "call", "tune")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fasta", type=Path)
    parser.add_argument("--gff3", type=Path)
    parser.add_argument("--bam", type=Path)
    parser.add_argument("--evidence", type=Path, help="GFF3 of aligned proteins or transcripts")
    parser.add_argument("--model", help="a model's file, or its name")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--simulate", type=float, help="bases of a genome that is simulated")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.simulate:
        given.fasta, given.gff3 = simulated(given.folder / "made", int(given.simulate))
    if given.part:
        do_part(given.part, given)
        return
    print("| stage | tasks planned / run | planned, s | CPU s | times | planned on disk | on disk | times ", end="")
    print("| planned memory | peak | times |\n" + "|---" * 11 + "|", flush=True)
    for part in given.parts if given.model else ["prepare"]:
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--part", part], check=True)


def simulated(folder: Path, bases: int) -> tuple[Path, Path]:
    """Genome and genes of a simulation."""
    from helixdask.simulate import SimulateSettings, simulate

    if not (folder / "genome.fa").exists():
        simulate(SimulateSettings(bases=bases, seed=17, read_depth=0.0), folder)
    return folder / "genome.fa", folder / "truth.gff3"


def do_part(part: str, given: argparse.Namespace) -> None:
    """One part, in this process."""
    url, meter = str(given.folder / "store.zarr"), Meter()
    if part == "prepare":
        libraries = [Library("reads", str(given.bam), strandedness="reverse")] if given.bam else []
        libraries += [Library("evidence", str(given.evidence), "alignments")] if given.evidence else []
        genome = EncodeSettings(str(given.fasta), "made")
        settings = PrepareSettings(genome, url, gff3=str(given.gff3), libraries=tuple(libraries))
        compare(url, lambda options, tell: prepare(settings, options, tell), meter)
        return
    model = named_model(given.model)
    if part == "tune":
        compare_tuning(url, model, given.folder, given.steps, meter)
        return
    gff3, one = str(given.folder / "genes.gff3"), PredictSettings(threads=1)
    if part == "predict":
        stage = PredictStage.for_model(url, model, one)
        compare(url, lambda options, tell: tell(run_stage(stage, url, options)), meter, "predictions")
        return
    compare(url, lambda options, tell: annotate(url, model, gff3, options, predict=one, on_stage=tell), meter, "genes")


def named_model(name: str) -> str:
    """File of a model that comes along, or the file itself."""
    from helixdask.trainer.base_models import shipped_models

    return next((str(model.path) for model in shipped_models() if model.name == name), name)


if __name__ == "__main__":
    main()
