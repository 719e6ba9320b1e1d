"""Training on several devices, again and again: does every run come to its end, and learn what one device learns?

    python benchmarks/devices_repeated.py FOLDER [--times 50] [--seconds 900]

The processor is divided into two devices in one half of the runs and into four in the other. Each run is a process of
its own, which trains a small network from scratch, all weights, so that normalisation is trained and synchronised. One
that takes longer than ``--seconds`` counts as hanging. One line of JSON for each run is added to ``runs.jsonl``; what
is there already is not done again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

NUMBERS = (2, 4)


def one_run(folder: Path, n_devices: int) -> dict[str, Any]:
    """Train once, in this process; steps, and the weights that were learnt as one list."""
    from helixdask.trainer.runtime import import_tensorflow

    tensorflow = import_tensorflow()
    processor = tensorflow.config.list_physical_devices("CPU")[0]
    divided = [tensorflow.config.LogicalDeviceConfiguration()] * n_devices
    tensorflow.config.set_logical_device_configuration(processor, divided)

    from helixdask.trainer.network.model_file import load_model
    from helixdask.trainer.network.spec import NetworkSpec
    from helixdask.trainer.tuning.tune import TuneSettings, train_from_scratch
    from tests.trainer.conftest import LITTLE, write_toy_store

    spec = NetworkSpec(cnn_layers=2, filter_depth=8, kernel_size=9, pool_size=9, lstm_layers=1, units=8)
    store = folder / "little.zarr"
    if not store.exists():
        write_toy_store(store, **LITTLE)
    output = folder / f"{n_devices}.keras"
    output.unlink(missing_ok=True)
    output.with_suffix(".md").unlink(missing_ok=True)
    devices = str(n_devices) if n_devices > 1 else "0"
    known = {"epochs": 3, "batch_size": 9, "learning_rate": 1e-3, "threads": 2, "seed": 1, "devices": devices}
    result = train_from_scratch(TuneSettings((str(store),), str(output), **known), spec)
    weights = load_model(result.path).network.get_weights()
    return {"steps": result.steps, "weights": [float(value) for array in weights for value in array.ravel()]}


def repeat(folder: Path, times: int, seconds: float) -> list[dict[str, Any]]:
    """Run what is left to run; one record for each."""
    record = folder / "runs.jsonl"
    done = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    for number in range(len(done), times + 1):
        n_devices = NUMBERS[number % 2] if number else 1  # the first is what the others are compared with
        command = [sys.executable, __file__, str(folder), "--one", str(n_devices)]
        start = time.perf_counter()
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, cwd=ROOT)
            outcome = "ended" if ran.returncode == 0 else f"died: {ran.stderr[-500:]}"
        except subprocess.TimeoutExpired:
            outcome = "hung"
        found = json.loads(ran.stdout.splitlines()[-1]) if outcome == "ended" else {}
        done.append({"devices": n_devices, "outcome": outcome, "seconds": time.perf_counter() - start, **found})
        with record.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
    return done


def table(done: list[dict[str, Any]]) -> str:
    """Runs by the number of devices, as Markdown."""
    first = done[0].get("weights", [])
    rows = ["| devices | runs | came to their end | hung | died | steps of each | largest difference of a weight |"]
    rows.append("|---" * 7 + "|")
    for n_devices in NUMBERS:
        runs = [run for run in done[1:] if run["devices"] == n_devices]
        ended = [run for run in runs if run["outcome"] == "ended"]
        hung = sum(run["outcome"] == "hung" for run in runs)
        apart = max((abs(a - b) for run in ended for a, b in zip(run["weights"], first, strict=True)), default=0.0)
        steps = ", ".join(str(count) for count in sorted({run["steps"] for run in ended}))
        rows.append(
            f"| {n_devices} | {len(runs)} | {len(ended)} | {hung} | {len(runs) - len(ended) - hung} | {steps} "
            f"| {apart:.1e} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--one", type=int, help="train once on so many devices")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.one:
        sys.stdout.write(json.dumps(one_run(given.folder, given.one)) + "\n")
        return
    print(table(repeat(given.folder, given.times, given.seconds)))


if __name__ == "__main__":
    main()
