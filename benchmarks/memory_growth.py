"""How peak memory grows with the genome: encode, predict and tune at 20 Mb and at 400 Mb, each in its own process.

python benchmarks/memory_growth.py [--small 20] [--large 400]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = ("encode", "predict", "tune")
WINDOW = 21_384
TRAINING_STEPS = 150  # of 8 windows each, whatever the genome
VALIDATION_WINDOWS = 16


def run_step(step: str, folder: Path, bases: int) -> None:
    """One step in this process; prints seconds and peak memory as JSON."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.sequence.stage import EncodeStage

    options = RunOptions(workers=1, quiet=True)
    url = str(folder / f"{bases}.zarr")
    start = time.perf_counter()
    if step == "encode":
        run_stage(EncodeStage(fasta=str(folder / f"{bases}.fa"), species="random"), url, options)
    elif step == "labels":
        write_labels(url)
    elif step == "tune":
        from helixdask.trainer.tuning.tune import TuneSettings, tune

        model, output = str(folder / "tiny.keras"), str(folder / "tuned.keras")
        tune(TuneSettings((url,), output, model, mode="whole", max_steps=TRAINING_STEPS, resume=False))
    else:
        from helixdask.trainer.prediction.stage import PredictStage

        stage = PredictStage.for_model(url, str(folder / "tiny.keras"), overlap=False)
        run_stage(stage, url, options)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": peak_memory()}))


def peak_memory() -> int:
    """Peak resident memory of this process in bytes (that of getrusage is inherited from the parent)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def write_labels(url: str) -> None:
    """Genes everywhere, measured windows, and a split that names all of them for training but a few."""
    import numpy as np

    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.store.store import Store
    from helixdask.windows.stage import WindowsStage

    store = Store.open(url)
    gene = np.repeat(np.array([0, 1, 2, 3, 2, 1], np.uint8), [1500, 100, 300, 200, 300, 100])
    phase = np.where(gene == 2, 1 + np.arange(len(gene)) % 3, 0)
    border = np.where(np.diff(gene, prepend=0) != 0, 2, 0)
    store.begin_group("labels/reference")
    store.create_tracks("labels/reference")
    for name, values in (("label", gene), ("phase", phase), ("transition", border)):
        path = f"labels/reference/{name}"
        shard = store.array(path).shards[-1]
        track = np.stack([np.resize(values, shard), np.resize(values[::-1], shard)]).astype(np.uint8)
        for start in range(0, store.n_bases, shard):
            store.write_region(path, start, track[:, : store.n_bases - start])
    store.complete_group("labels/reference", {"digest": "labels"})
    run_stage(WindowsStage(window_length=WINDOW, labels="reference"), url, RunOptions(workers=1, quiet=True))
    store = Store.open(url)
    rows = np.arange(len(store.table("windows/default")["window_start"]))
    side = (rows < VALIDATION_WINDOWS).astype(np.int8)
    store.begin_group("splits/default")
    store.write_table("splits/default", {"window_row": rows, "window_side": side})
    store.complete_group("splits/default", {"digest": "split", "windows": "default", "labels": "reference"})


def make_inputs(folder: Path, sizes: list[int]) -> None:
    """Random genomes, and a network that is all but free: memory is measured here, not speed."""
    from random_fasta import write_random_fasta

    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    for bases in sizes:
        write_random_fasta(folder / f"{bases}.fa", bases, contigs=20)
    spec = NetworkSpec(cnn_layers=1, filter_depth=4, kernel_size=2, pool_size=36, lstm_layers=1, units=2)
    save_model(folder / "tiny.keras", build_network(spec), spec, default_card(name="tiny"))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", type=int, default=20, help="Mb")
    parser.add_argument("--large", type=int, default=400, help="Mb")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="encode must be one")
    parser.add_argument("--step", choices=(*STEPS, "labels"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--bases", type=int)
    options = parser.parse_args()
    if options.step:
        run_step(options.step, options.folder, options.bases)
        return
    sizes = [options.small * 1_000_000, options.large * 1_000_000]
    with tempfile.TemporaryDirectory() as name:
        make_inputs(Path(name), sizes)
        print("| stage | genome | seconds | peak MB | byte per added base |\n|---|---|---|---|---|")
        for step in options.steps:
            peaks = []
            for bases in sizes:
                if step == "tune":
                    measured("labels", name, bases)
                figures = measured(step, name, bases)
                peaks.append(figures["peak"])
                growth = f"{(peaks[1] - peaks[0]) / (sizes[1] - sizes[0]):.3f}" if len(peaks) > 1 else ""
                print(f"| {step} | {bases // 10**6} Mb | {figures['seconds']:.1f} | {peaks[-1] / 1e6:.0f} | {growth} |")


def measured(step: str, folder: str, bases: int) -> dict[str, float]:
    """Figures of one step in a process of its own."""
    words = ["--step", step, "--folder", folder, "--bases", str(bases)]
    done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
