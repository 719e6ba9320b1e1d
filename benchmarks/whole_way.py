"""The whole way on a small genome: CPU seconds of `prepare`, `tune` and `annotate`, and what they are spent on.

    python benchmarks/whole_way.py FOLDER [--bases 960e3] [--model demo] [--tune --epochs 3] [--rounds 2]

A simulated genome with reads and an annotation. Each command is a process of its own, which counts the time of its
processor, all threads together, by cause; what none of them explains is "the rest". Words after ``--tune`` are handed
to that command. Kernels are compiled in the first round, if they have not been before.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

CAUSES = {
    "imports and start": (),
    "TensorFlow's import": (("helixdask.trainer.runtime", "import_tensorflow"),),
    "numba: compiling": (),
    "loading the model": (("helixdask.trainer.network.model_file", "load_model"),),
    "writing the model": (("helixdask.trainer.network.model_file", "save_model"),),
    "first step of training": (("helixdask.trainer.tuning.learner", "Learner.train"),),
    "steps of training": (),
    "checks": (("helixdask.trainer.tuning.validation", "Validation.confusions"),),
    "counting genes": (("helixdask.trainer.tuning.validation", "Validation.count_genes"),),
    "first batch of a shape": (("helixdask.trainer.prediction.predictor", "Predictor._sent"),),
    "other batches": (),
    "calling": (("helixdask.calling.stage", "CallStage.run"), ("helixdask.calling.stage", "CallStage.learn")),
    "other stages": (("helixdask.engine.run", "run_stage"), ("helixdask.trainer.steps", "run_stage")),
    "the rest": (),
}
FIRST = {"first step of training": "steps of training", "first batch of a shape": "other batches"}


class Clock:
    """CPU seconds of this process by cause; what is inside of another cause counts there alone."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []
        self._seen: set[object] = set()

    def run(self, cause: str, call: Callable[[], Any]) -> Any:
        """Do something, on one account."""
        begin = time.process_time()
        self._inside.append(0.0)
        try:
            return call()
        finally:
            whole = time.process_time() - begin
            self.taken[cause] += whole - self._inside.pop()
            if self._inside:
                self._inside[-1] += whole

    def wrap(self, cause: str, module: str, name: str) -> None:
        """Have a function or method counted."""
        owner: Any = importlib.import_module(module)
        *path, last = name.split(".")
        for part in path:
            owner = getattr(owner, part)
        function = getattr(owner, last)

        @functools.wraps(function)
        def counted(*given: Any, **named: Any) -> Any:
            account, shape = cause, (cause, *(str(getattr(each, "shape", "")) for each in _arrays(given)))
            if cause in FIRST and shape in self._seen:
                account = FIRST[cause]
            self._seen.add(shape)
            return self.run(account, lambda: function(*given, **named))

        setattr(owner, last, counted)


def _arrays(given: tuple[Any, ...]) -> list[Any]:
    """Arrays among arguments, also in lists and dicts."""
    found: list[Any] = []
    for each in given:
        found += each if isinstance(each, list) else each.values() if isinstance(each, dict) else [each]
    return found


def one(words: list[str]) -> None:
    """A command in this process; prints its accounts."""
    clock = Clock()

    def start() -> Any:
        from helixdask.cli import main as command_line

        return command_line

    command_line = clock.run("imports and start", start)
    clock.wrap("TensorFlow's import", "helixdask.trainer.runtime", "import_tensorflow")
    from numba.core import event

    class Compiling(event.TimingListener):
        def on_start(self, _: Any) -> None:
            clock._inside.append(0.0)
            self.begin = time.process_time()

        def on_end(self, _: Any) -> None:
            whole = time.process_time() - self.begin
            clock.taken["numba: compiling"] += whole - clock._inside.pop()
            if clock._inside:
                clock._inside[-1] += whole

    event.register("numba:compile", Compiling())
    needs_network = words[0] != "prepare" or "--model" in words
    for cause, places in CAUSES.items():
        for module, name in places:
            if module != "helixdask.trainer.runtime" and (needs_network or "trainer.network" not in module):
                clock.wrap(cause, module, name)
    sys.argv[1:] = words
    try:
        clock.run("the rest", lambda: command_line.run(words))
    except SystemExit as ended:
        if ended.code:
            raise
    before = sum(clock.taken.values())
    clock.taken["imports and start"] += time.process_time() - before
    print(json.dumps(clock.taken), flush=True)


def main() -> None:
    if sys.argv[1] == "--one":
        one(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bases", type=float, default=960e3)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tune", nargs=argparse.REMAINDER, default=[], help="more words for tune")
    given = parser.parse_args()
    made, rows = given.folder / "made", {}
    if not (made / "genome.fa").exists():
        from helixdask.simulate import SimulateSettings, simulate

        simulate(SimulateSettings(int(given.bases), seed=5, contigs=2), made)
    for _ in range(given.rounds):
        work = given.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        store, model, quiet = str(work / "store.zarr"), str(work / "tuned.keras"), ("--quiet",)
        reads = ("--bam", str(made / "reads.bam"), "--strandedness", "reverse", "--gff3", str(made / "truth.gff3"))
        commands = {
            "prepare": (str(made / "genome.fa"), "-o", store, *reads, "--model", given.model, "--workers", "1"),
            "tune": (store, "--model", given.model, "-o", model, *given.tune),
            "annotate": (store, "--model", model, "-o", str(work / "genes.gff3"), "--workers", "1"),
        }
        for name, words in commands.items():
            command = [sys.executable, __file__, "--one", name, *words, *quiet]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            rows[name] = json.loads(done.stdout.splitlines()[-1])
    print("| CPU s |", " | ".join(rows), "| all |\n" + "|---" * (len(rows) + 2) + "|")
    for cause in CAUSES:
        print_row(cause, [row.get(cause, 0.0) for row in rows.values()])
    print_row("all", [sum(row.values()) for row in rows.values()])


def print_row(title: str, seconds: list[float]) -> None:
    """One row of the table."""
    print(f"| {title} |", " | ".join(f"{each:.1f}" for each in (*seconds, sum(seconds))), "|", flush=True)


if __name__ == "__main__":
    main()
