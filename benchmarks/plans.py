"""Plans against facts: what `--dry-run` says of every stage of prepare and annotate, and of tune, and what they take.

    python benchmarks/plans.py FOLDER --fasta GENOME.fa --gff3 GENES.gff3 [--bam READS.bam] [--model MODEL] [--steps 30]
    python benchmarks/plans.py FOLDER --simulate 100e6

All of it runs in this process, with one worker and one thread, so that times are CPU seconds and do not depend on what
else the machine does; the peak memory of a stage is that of the process, which does the part of the worker and that of
the command. With ``--model`` genes are called from predictions, too (annotate), and the model is tuned for some steps,
after a trial of three has said what they will take.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from helixdask.amounts import size
from helixdask.coverage.libraries import Library
from helixdask.engine.cluster import RunOptions
from helixdask.engine.costs import COMMAND_SECONDS
from helixdask.engine.run import Summary
from helixdask.sequence.settings import EncodeSettings
from helixdask.store.store import Store
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


def compare(url: str, recipe: Callable[[RunOptions, Callable[[Summary], None]], Any], meter: Meter) -> None:
    """Plan a recipe, run it, and print both, stage by stage."""
    plans: dict[str, Any] = {}
    recipe(PLANNED, lambda summary: plans.update({summary.group: summary.plan}))
    meter.taken()
    totals = [COMMAND_SECONDS, 0.0, 0.0, 0.0]

    def row(summary: Summary) -> None:
        plan = plans[summary.group]
        seconds, peak = meter.taken()
        if summary.state != "done":
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
    cells = ["all", "", f"{totals[0]:.1f}", f"{totals[1]:.1f}", factor(totals[0], totals[1])]
    cells += [size(totals[2]), size(totals[3]), factor(totals[2], totals[3]), "", "", ""]
    print("|", " | ".join(cells), "|", flush=True)
    meter.taken()


def compare_tuning(url: str, model: str, folder: Path, steps: int, meter: Meter) -> None:
    """Plan some steps of tuning, with a trial, run them, and print both."""
    from helixdask.trainer.tuning.tune import TuneSettings, dry_run, tune

    output = str(folder / "tuned.keras")
    settings = TuneSettings((url,), output, model=model, mode="whole", max_steps=steps, threads=1)
    plan = dry_run(settings, measure=True)
    meter.taken()
    begin = time.perf_counter()
    result = tune(settings)
    seconds = time.perf_counter() - begin
    cpu, peak = meter.taken()
    disk = Path(output).stat().st_size
    print(f"| tune, {result.steps} steps | | {plan['seconds_at_most']:.1f} | {seconds:.1f} (CPU {cpu:.1f}) ", end="")
    print(f"| {factor(plan['seconds_at_most'], seconds)} | {size(plan['disk'])} | {size(disk)} ", end="")
    print(f"| {factor(plan['disk'], disk)} | {size(plan['memory'])} | {size(peak)} ", end="")
    print(f"| {factor(plan['memory'], peak)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fasta", type=Path)
    parser.add_argument("--gff3", type=Path)
    parser.add_argument("--bam", type=Path)
    parser.add_argument("--model", help="a model's file, or its name")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--simulate", type=float, help="bases of a genome that is simulated")
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    if given.simulate:
        from helixdask.simulate import SimulateSettings, simulate

        found = simulate(SimulateSettings(bases=int(given.simulate), seed=17, read_depth=0.0), given.folder / "made")
        given.fasta, given.gff3 = found.genome, found.truth
    model = given.model and named_model(given.model)
    url = str(given.folder / "store.zarr")
    libraries = (Library("reads", str(given.bam), strandedness="reverse"),) if given.bam else ()
    settings = PrepareSettings(EncodeSettings(str(given.fasta), "made"), url, gff3=str(given.gff3), libraries=libraries)
    print("| stage | tasks planned / run | planned, s | CPU s | times | planned on disk | on disk | times ", end="")
    print("| planned memory | peak | times |\n" + "|---" * 11 + "|", flush=True)
    meter = Meter()
    compare(url, lambda options, tell: prepare(settings, options, tell), meter)
    if model:
        from helixdask.trainer.prediction.settings import PredictSettings

        gff3, one = str(given.folder / "genes.gff3"), PredictSettings(threads=1)
        compare(url, lambda options, tell: annotate(url, model, gff3, options, predict=one, on_stage=tell), meter)
        compare_tuning(url, model, given.folder, given.steps, meter)


def named_model(name: str) -> str:
    """File of a model that comes along, or the file itself."""
    from helixdask.trainer.base_models import shipped_models

    return next((str(model.path) for model in shipped_models() if model.name == name), name)


if __name__ == "__main__":
    main()
