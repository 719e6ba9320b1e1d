"""The data stages on a simulated autotetraploid of very many scaffolds, with one worker and two, and what 17 Gb takes.

    python benchmarks/scale.py measure FOLDER [--sizes 50e6 250e6] [--predicted 50e6] [--workers 1 2]
    python benchmarks/scale.py kill FOLDER --size 50e6
    python benchmarks/scale.py table FOLDER

Four haplotypes that differ in one base of a hundred; 117.6 scaffolds and 40,000 reads a megabase, as of 17 Gb in two
million scaffolds. A Dask scheduler and its workers are processes of their own on this machine. What has been measured
stands in FOLDER/scale.jsonl, a row for each stage, and is not done again: a run that ended early goes on.

CPU seconds are counted, of the command, start of the interpreter included, and of each worker without what it spends
while it waits, so that other work on the machine does not matter. With two workers a stage takes as long as the command
and the busier worker. ``kill`` takes a worker away in each stage, as soon as it has finished a task, and the scheduler
once; bytes must be those of an undisturbed run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

WINDOW = 21_384
PER_MB = {"scaffolds": 2_000_000 / 17_000, "reads": 40_000.0}
FULL, WORKERS_THERE = 17_000.0, 64
"""Megabases and workers of the table that extrapolates."""
STAGES = ("encode", "genes", "labels", "coverage", "windows", "kinship", "split", "select")
VIEWS = ("open_store", "inspect", "windows()", "bins()")
PREDICTED = "predicted"
KILLED = ("encode", "labels", "coverage", "windows", "kinship")


def stage_of(name: str, folder: Path) -> Any:
    """The stage by its name, with the files of a folder."""
    from helixdask.coverage.libraries import Library
    from helixdask.coverage.stage import CoverageStage
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.kinship.stage import KinshipStage
    from helixdask.labels.stage import LabelsStage
    from helixdask.selection.split_stage import SplitStage
    from helixdask.selection.stage import SelectStage
    from helixdask.sequence.stage import EncodeStage
    from helixdask.windows.stage import WindowsStage

    reads = Library("reads", str(folder / "reads.bam"), strandedness="unstranded")
    makers: dict[str, Callable[[], Any]] = {
        "encode": lambda: EncodeStage(str(folder / "genome.fa"), "simulated"),
        "genes": lambda: ImportGenesStage(str(folder / "truth.gff3"), output="reference"),
        "labels": lambda: LabelsStage(genes="reference"),
        "coverage": lambda: CoverageStage.of(reads),
        "windows": lambda: WindowsStage(WINDOW, "reference", output="all"),
        "kinship": lambda: KinshipStage("reference"),
        "split": lambda: SplitStage(windows="all", kinship="default"),
        "select": lambda: SelectStage(windows="all", split="default"),
        "predict": lambda: _prediction(folder),
    }
    return makers[name]()


def _prediction(folder: Path) -> Any:
    from helixdask.trainer.prediction.stage import PredictStage

    return PredictStage.for_model(None, str(folder / "smallest.keras"), predictions="base")


def look(name: str, url: str) -> None:
    """Open a store and look at it as people do."""
    import helixdask

    store = helixdask.open_store(url)
    if name == "inspect":
        store.summary()
    elif name == "windows()":
        store.windows(WINDOW).class_count.load()
    elif name == "bins()":
        store.bins()["gc"].load()


def one(name: str, folder: Path, url: str, scheduler: str | None) -> None:
    """One stage in this process; prints what it took as JSON."""
    row: dict[str, Any] = {}
    if name in VIEWS:
        look(name, url)
    else:
        from helixdask.engine.run import RunOptions, run_stage
        from helixdask.store.store import Store

        stage = stage_of(name, folder)
        summary = run_stage(stage, url, RunOptions(scheduler_file=scheduler, quiet=True))
        manifest = Store.open(url).manifest(stage.group())
        row = {"tasks": summary.tasks, "bytes": manifest.n_bytes, "digest": manifest.digest, "resumed": summary.resumed}
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(row | {"command": used.ru_utime + used.ru_stime, "command_peak": peak_of("self")}))


def peak_of(pid: int | str) -> int:
    """Peak resident memory of a process since it was last cleared, bytes."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


class Workers:
    """A scheduler and some workers; what the workers take."""

    def __init__(self, folder: Path, number: int) -> None:
        self.file = folder / "scheduler.json"
        self.file.unlink(missing_ok=True)
        self._folder = folder
        self.scheduler = self._dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        while not self.file.exists():
            time.sleep(0.2)
        self.all: list[subprocess.Popen[bytes]] = []
        for _ in range(number):
            self.add()
        from distributed import Client

        with Client(scheduler_file=str(self.file)) as client:
            client.wait_for_workers(number)  # their start belongs to no stage

    def _dask(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self.file)]
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)

    def add(self) -> None:
        """Start one more."""
        self.all.append(self._dask("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"))

    def taken(self) -> tuple[list[float], int]:
        """CPU seconds of each so far, and the largest peak memory; the peak is counted from now on."""
        seconds, peak = [], 0
        for worker in self.all:
            fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
            seconds.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
            peak = max(peak, peak_of(worker.pid))
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
        return seconds, peak

    def close(self) -> None:
        """End all."""
        for process in (*self.all, self.scheduler):
            process.kill()
            process.wait()


def make_inputs(folder: Path, bases: float) -> None:
    """Genome, genes and reads of one size."""
    from random_bam import write_random_bam

    from helixdask.simulate import SimulateSettings, simulate

    if (folder / "reads.bam.csi").exists() or (folder / "reads.bam.bai").exists():
        return
    megabases = bases / 1e6
    settings = SimulateSettings(
        int(bases), seed=17, subgenomes=4, contigs=max(1, round(megabases / 50)), divergence=0.01, read_depth=0.0,
        scaffolds=round(megabases * PER_MB["scaffolds"]),
    )  # fmt: skip
    simulate(settings, folder)
    lengths = dict(_records(folder / "genome.fa"))
    write_random_bam(folder / "reads.bam", list(lengths), list(lengths.values()), int(megabases * PER_MB["reads"] / 2))


def _records(fasta: Path) -> Iterator[tuple[str, int]]:
    name, length = "", 0
    with fasta.open() as lines:
        for line in lines:
            if line.startswith(">"):
                if name:
                    yield name, length
                name, length = line[1:].split()[0], 0
            else:
                length += len(line) - 1
    yield name, length


def make_predicted(folder: Path, genome: Path, bases: float) -> None:
    """The first scaffolds of a genome, and a network that is all but free."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    folder.mkdir(exist_ok=True)
    spec = NetworkSpec(cnn_layers=1, filter_depth=4, kernel_size=2, pool_size=36, lstm_layers=1, units=2)
    save_model(folder / "smallest.keras", build_network(spec), spec, default_card(name="smallest"))
    written = 0
    with genome.open() as lines, (folder / "genome.fa").open("w") as out:
        for line in lines:
            if line.startswith(">") and written >= bases:
                break
            written += len(line) - 1 if not line.startswith(">") else 0
            out.write(line)


class Record:
    """Rows that have been measured."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scale.jsonl"
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def has(self, **named: Any) -> bool:
        """Whether there is a row with these values."""
        return any(all(row.get(name) == value for name, value in named.items()) for row in self.rows)

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row, and tell it."""
        self.rows.append(row)
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


def command(name: str, folder: Path, url: Path, scheduler: Path | None) -> list[str]:
    """The command line that does one stage."""
    words = [sys.executable, __file__, "one", str(folder), "--stage", name, "--store", str(url)]
    return [*words, "--scheduler", str(scheduler)] if scheduler else words


def measure(record: Record, folder: Path, bases: float, number: int, stages: tuple[str, ...]) -> None:
    """All stages of one size with some workers, and the views."""
    key = {"bases": bases, "workers": number, "genome": folder.name}
    todo = [name for name in (*stages, *VIEWS) if not record.has(stage=name, **key)]
    if stages[-1] == "predict":
        todo = [name for name in todo if name not in VIEWS]
    url = folder / f"{number}.zarr"
    if len(todo) and not record.has(**key):
        shutil.rmtree(url, ignore_errors=True)
    workers = Workers(folder, number)
    try:
        for name in todo:
            before, _ = workers.taken()
            begin = time.perf_counter()
            done = subprocess.run(command(name, folder, url, workers.file), stdout=subprocess.PIPE, check=True)
            wall = time.perf_counter() - begin
            after, peak = workers.taken()
            used = [b - a for a, b in zip(before, after, strict=True)]
            row = json.loads(done.stdout.splitlines()[-1])
            told = {"stage": name, **key, "wall": wall, "worker": used, "worker_peak": peak}
            record.add(told | row)
    finally:
        workers.close()


def kill(record: Record, folder: Path, bases: float) -> None:
    """Every stage loses a worker, one of them its scheduler, too."""
    url, key = folder / "killed.zarr", {"bases": bases, "workers": "killed", "genome": folder.name}
    if not record.has(**key):
        shutil.rmtree(url, ignore_errors=True)
    workers = Workers(folder, 2)
    try:
        for name in STAGES:
            if record.has(stage=name, **key):
                continue
            killed = []
            running = subprocess.Popen(command(name, folder, url, workers.file), stdout=subprocess.PIPE)
            if name in KILLED and _waited_for_a_task(url, running):
                victim = workers.all.pop(0)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                killed.append("worker")
                workers.add()
                if name == "labels":
                    workers.close()
                    running.wait()
                    killed.append("scheduler")
                    workers = Workers(folder, 2)
                    running = subprocess.Popen(command(name, folder, url, workers.file), stdout=subprocess.PIPE)
            out, _ = running.communicate()
            row = json.loads(out.splitlines()[-1])
            whole = next(r for r in record.rows if r["stage"] == name and r["bases"] == bases and r["workers"] == 1)
            same = row["digest"] == whole["digest"]
            told = {name: row[name] for name in ("tasks", "resumed", "digest")}
            record.add({"stage": name, **key, "killed": killed, "same": same, **told})
    finally:
        workers.close()


def _waited_for_a_task(url: Path, running: subprocess.Popen[bytes]) -> bool:
    """Wait until a task is finished; whether one is before the stage has ended."""
    while running.poll() is None:
        if any(url.glob(".work/**/receipts/*.npz")):
            return True
        time.sleep(0.01)
    return False


def without_idling(rows: list[dict[str, Any]]) -> None:
    """Take away what workers spend while they wait, by the rate at which they do so while nothing is asked of them.

    On a loaded machine a stage takes minutes, in which a worker tells its scheduler twice a second that it is there.
    """
    idle = [row for row in rows if row["stage"] in VIEWS]
    rate = sum(sum(row["worker"]) / len(row["worker"]) for row in idle) / (sum(row["wall"] for row in idle) or 1.0)
    for row in rows:
        if "wall" in row:
            row["worker"] = [max(0.0, seconds - rate * row["wall"]) for seconds in row["worker"]]


def table(record: Record) -> None:
    """Print what was measured, and what it comes to for a large genome."""
    without_idling(record.rows)
    # Of the genome that is predicted, which is encoded once more, only the prediction is shown.
    record.rows = [row for row in record.rows if row["genome"] != PREDICTED or row["stage"] == "predict"]
    sizes = sorted({row["bases"] for row in record.rows if row["stage"] == "select"})
    print("| stage | Mb | tasks | MB | command, CPU s | one worker | two workers | times | peak MB, worker | command |")
    print("|---" * 10 + "|")
    for name in (*STAGES, "predict", *VIEWS):
        for bases in sorted({row["bases"] for row in record.rows if row["stage"] == name}):
            rows = {row["workers"]: row for row in record.rows if row["stage"] == name and row["bases"] == bases}
            if 1 not in rows or 2 not in rows:
                continue
            one_, two = rows[1], rows[2]
            times = (one_["command"] + sum(one_["worker"])) / (two["command"] + max(two["worker"]))
            cells = [name, f"{bases / 1e6:.0f}", f"{one_.get('tasks', 0):,}", f"{one_.get('bytes', 0) / 1e6:.1f}"]
            cells += [f"{one_['command']:.1f}", f"{sum(one_['worker']):.1f}"]
            cells += [" + ".join(f"{seconds:.1f}" for seconds in two["worker"]), f"{times:.2f}"]
            peaks = [max(row[key] for row in rows.values() if key in row) for key in ("worker_peak", "command_peak")]
            print("|", " | ".join([*cells, *(f"{peak / 1e6:.0f}" for peak in peaks)]), "|")
    if len(sizes) < 2:
        return
    print(f"\n| stage | command, s | a worker's s | on {WORKERS_THERE} workers, min | GB | command, GB of memory |")
    print("|---" * 6 + "|")
    for name in (*STAGES, *VIEWS):
        rows = [next(r for r in record.rows if (r["stage"], r["bases"], r["workers"]) == (name, b, 1)) for b in sizes]
        low, high = (row | {"work": sum(row["worker"])} for row in (rows[0], rows[-1]))
        told = []
        for key in ("command", "work", "bytes", "command_peak"):
            slope = (high.get(key, 0) - low.get(key, 0)) / (sizes[-1] - sizes[0]) * 1e6
            at_zero = high.get(key, 0) - slope * sizes[-1] / 1e6
            told.append((at_zero, slope, max(0.0, at_zero + slope * FULL)))
        shown = [f"{zero:.1f} + {slope * 1e3:.0f}/Gb = {full:,.0f}" for zero, slope, full in told[:2]]
        minutes = (told[0][2] + told[1][2] / WORKERS_THERE) / 60
        cells = [name, *shown, f"{minutes:.1f}", f"{told[2][2] / 1e9:.1f}", f"{told[3][2] / 1e9:.1f}"]
        print("|", " | ".join(cells), "|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "kill", "table", "one"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=float, nargs="+", default=[50e6, 250e6])
    parser.add_argument("--size", type=float, default=50e6, help="of the genome whose workers are killed")
    parser.add_argument("--predicted", type=float, default=50e6, help="bases to predict; 0: none")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--store", help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if given.what == "one":
        one(given.stage, given.folder, given.store, given.scheduler)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    record = Record(given.folder)
    if given.what == "table":
        table(record)
    elif given.what == "kill":
        kill(record, given.folder / f"{given.size:.0f}", given.size)
    else:
        for bases in given.sizes:
            make_inputs(given.folder / f"{bases:.0f}", bases)
            for number in given.workers:
                measure(record, given.folder / f"{bases:.0f}", bases, number, STAGES)
        if given.predicted:
            folder = given.folder / PREDICTED
            if not (folder / "genome.fa").exists():
                make_predicted(folder, given.folder / f"{max(given.sizes):.0f}" / "genome.fa", given.predicted)
            for number in given.workers:
                measure(record, folder, given.predicted, number, ("encode", "predict"))


if __name__ == "__main__":
    main()
