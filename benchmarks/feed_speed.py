"""How fast training windows come, beside Helixer's way of reading them.

    python benchmarks/feed_speed.py [--bases 20M] [--rounds 3]

A simulated genome with its labels is split and exported as Helixer's HDF5. Helixer's way is a keras PyDataset over
that file, which reads the five variables of a batch's rows as they stand (one-hot sequence, labels, weights, phases,
transitions; gzip), rows in the order of the file; its making of weights is not counted. Ours is the stream that
training reads: windows of all the genome in random order, at random offsets. All take turns, each in a process of its
own.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

BATCH = 8
POOL = 9
WINDOW = 21_384
WAYS = {
    "h5": "PyDataset over HDF5, rows in order",
    "feed": "our feed, shuffled and shifted",
    "nothing kept": "the same, no chunk kept (as of a far larger genome)",
    "made": "our feed, network input and weights made in TensorFlow",
    "training": "our feed, a small network trained",
}


def make_data(folder: Path, bases: int) -> int:
    """A store with labels and a split, and its windows as HDF5; returns the number of rows."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.exchange.helixer_h5 import export_helixer
    from helixdask.exchange.settings import ExportSettings
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.labels.stage import LabelsStage
    from helixdask.selection.split_stage import SplitStage
    from helixdask.selection.stage import SelectStage
    from helixdask.sequence.stage import EncodeStage
    from helixdask.simulate.settings import SimulateSettings
    from helixdask.simulate.simulation import simulate
    from helixdask.store.store import Store
    from helixdask.windows.stage import WindowsStage

    simulate(SimulateSettings(bases=bases, seed=1, read_depth=0, genic_fraction=0.6), folder / "simulated")
    url = str(folder / "store.zarr")
    for stage in (
        EncodeStage(str(folder / "simulated/genome.fa"), "benchmark"),
        ImportGenesStage(gff=str(folder / "simulated/truth.gff3")),
        LabelsStage(),
        WindowsStage(window_length=WINDOW, labels="reference"),
        SelectStage(keep_fraction=1.0),
        SplitStage(),
    ):
        run_stage(stage, url, RunOptions(workers=1, quiet=True))
    return export_helixer(Store.open(url), folder / "windows.h5", WINDOW, ExportSettings(labels="reference"))


def helixer_batches(path: Path) -> Iterable[Any]:
    """Batches as Helixer reads them, again and again."""
    import h5py
    import keras

    names = ("X", "y", "sample_weights", "phases", "transitions")

    class Rows(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            self.file = h5py.File(path)

        def __len__(self) -> int:
            return len(self.file["data/X"]) // BATCH

        def __getitem__(self, number: int) -> tuple[Any, ...]:
            rows = slice(number * BATCH, (number + 1) * BATCH)
            return tuple(self.file[f"data/{name}"][rows] for name in names)

    rows = Rows()
    while True:
        for number in range(len(rows)):
            yield rows[number]


def make_feed(url: Path, *, keep: bool) -> Any:
    """The feed of a training run, with its cache or without."""
    from helixdask.store.store import Store
    from helixdask.trainer.feed.dataset import Feed
    from helixdask.trainer.feed.training_windows import gather_windows, read_split
    from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
    from helixdask.windows import read

    if not keep:
        read._CACHE_BYTES = 0

    split = read_split(Store.open(url))
    windows, _ = gather_windows([split], POOL)
    reader = WindowReader(split.store, TrackSet(split.labels))
    return Feed(windows, [reader], windows.order(BATCH, shuffle=True, max_shift=WINDOW // 4), POOL)


def maker() -> Callable[[dict[str, Any]], Any]:
    """What a training step makes of a batch before the network sees it."""
    import tensorflow as tf

    from helixdask.trainer.feed.dataset import network_input
    from helixdask.trainer.tuning.sample_weights import CLASS_WEIGHTS, TRANSITION_WEIGHTS, base_weights

    @tf.function
    def make(batch: dict[str, Any]) -> Any:
        weights = base_weights(
            batch["label"],
            batch["transition"],
            batch["valid"],
            pool_size=POOL,
            class_weights=CLASS_WEIGHTS,
            transition_weights=TRANSITION_WEIGHTS,
        )
        return network_input(batch), weights

    return make


def trainer() -> Callable[[dict[str, Any]], Any]:
    """A step of a small network."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.tuning.learner import Learner
    from helixdask.trainer.tuning.optimisers import make_optimiser

    spec = NetworkSpec(cnn_layers=2, filter_depth=32, kernel_size=10, pool_size=POOL, lstm_layers=1, units=48)
    return Learner(build_network(spec), spec, make_optimiser(learning_rate=3e-4)).train


def measure(way: str, folder: Path, seconds: float) -> None:
    """Read for some seconds, and print what came of it as JSON."""
    from helixdask.trainer.runtime import configure_tensorflow

    configure_tensorflow(2)
    use = {"made": maker, "training": trainer}.get(way, lambda: lambda batch: None)()
    before, begin = peak_memory(), time.perf_counter()
    if way == "h5":
        batches, n_warm = iter(helixer_batches(folder / "windows.h5")), 1
    else:
        feed = make_feed(folder / "store.zarr", keep=way != "nothing kept")
        batches, n_warm = iter(feed.dataset()), feed.order.steps_per_epoch
    batch = next(batches)
    start_up = time.perf_counter() - begin
    use(batch)  # compiles
    for _ in range(n_warm):  # the feed as every epoch but the first finds it
        next(batches)
    windows, waited, wall, used = 0, 0.0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        asked = time.perf_counter()
        batch = next(batches)
        waited += time.perf_counter() - asked
        use(batch)
        windows += BATCH
    wall, used = time.perf_counter() - wall, time.process_time() - used
    share, peak = waited / wall, peak_memory() - before
    print(json.dumps({"wall": windows / wall, "cpu": windows / used, "start": start_up, "peak": peak, "waited": share}))


def peak_memory() -> int:
    """Peak resident memory of this process so far, bytes."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


def main() -> None:
    """Measure in turn, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bases", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.way:
        measure(options.way, options.folder, options.seconds)
        return
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        rows = make_data(Path(name), options.bases)
        for _ in range(options.rounds):
            for way in WAYS:
                words = ["--way", way, "--folder", name, "--seconds", str(options.seconds)]
                done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, check=True)
                found[way].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{options.bases / 1e6:.0f} Mb, {rows:,} windows of {WINDOW:,}, batches of {BATCH}\n")
    print("| | windows/s | times | windows a CPU second | times | start-up, s | peak MB, reading | share waited |")
    print("|---|---|---|---|---|---|---|---|")
    for way, text in WAYS.items():
        cells = [text]
        for key in ("wall", "cpu"):
            times = median(mine[key] / theirs[key] for mine, theirs in zip(found[way], found["h5"], strict=True))
            cells += [f"{median(row[key] for row in found[way]):,.0f}", "" if way == "training" else f"{times:.1f}"]
        start, peak, waited = (median(row[key] for row in found[way]) for key in ("start", "peak", "waited"))
        print(f"| {' | '.join([*cells, f'{start:.2f}', f'{peak / 1e6:.0f}', f'{waited:.3f}'])} |")


if __name__ == "__main__":
    main()
