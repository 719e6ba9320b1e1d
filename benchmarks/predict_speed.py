"""Prediction with the released architecture on processors alone: the whole command, and what Helixer's way would take.

    python benchmarks/predict_speed.py [--model MODEL] [--rounds 1] [--workers 1 2] [--helixer ENVIRONMENT/bin]

Random genomes of 2.46 Mb and of four times as much, on three contigs, windows of 21,384; what one takes more than the
other is the rate, without any start. Without a model a network of the released architecture is made with random
weights: the time does not depend on them. One peer is Helixer's own prediction, where it is installed, on the same
weights and genome. The other is a stand-in that does what that does and nothing else: one-hot rows of 16 bits are read
from a gzip HDF5, eight at a time go through Keras' `predict_on_batch` with all cores, probabilities are written as a
gzip HDF5 of 16 bits. With overlap, it predicts windows at half a window's distance and writes their mean.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

CONTIGS = {"one": 1_301_117, "two": 800_003, "three": 358_880}
WINDOW = 21_384
BATCH = 8
STAND_IN = "stand-in for Helixer"
LETTERS = np.frombuffer(b"ACGT", np.uint8)
COMMAND = ("-m", "helixdask.cli.main")
Ways = dict[tuple[str, str], list[float]]
"""Seconds of each round, by kind of windows and way."""


def write_genome(path: Path, times: int) -> None:
    """Random letters on three contigs, none of them whole windows."""
    rng = np.random.default_rng(0)
    with path.open("wb") as out:
        for name, length in CONTIGS.items():
            out.write(b">%s\n%s\n" % (name.encode(), LETTERS[rng.integers(0, 4, length * times)].tobytes()))


def write_model(path: Path) -> None:
    """The released architecture with random weights."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    spec = NetworkSpec(cnn_layers=4, filter_depth=96, kernel_size=10, pool_size=9, lstm_layers=3, units=128)
    save_model(path, build_network(spec, seed=1), spec, default_card(inference_window=WINDOW))


def run(*words: object, python: Path | str = sys.executable) -> float:
    """Run a command; seconds by the clock, for the workers of ours are no children of it."""
    start = time.perf_counter()
    subprocess.run([str(python), *map(str, words)], check=True, capture_output=True)
    return time.perf_counter() - start


def predicted_like_helixer(model: str, source: str, target: str, *, overlap: bool) -> None:
    """The stand-in, in a process of its own."""
    from helixdask.trainer.network.model_file import load_model

    network = load_model(model).network
    with h5py.File(source) as file, h5py.File(target, "w") as out:
        x, start_ends = file["data/X"], file["data/start_ends"][:]
        tracks = [
            out.create_dataset(
                name, (*x.shape[:2], 4), "f2", chunks=(1, x.shape[1], 4), compression="gzip", shuffle=True
            )
            for name in ("predictions", "predictions_phase")
        ]
        minus = start_ends[:, 0] > start_ends[:, 1]
        begins = np.flatnonzero((start_ends[:, 0] == 0) & ~minus | np.diff(minus, prepend=False) & minus).tolist()
        for first, stop in itertools.pairwise([*begins, len(x)]):
            strand = x[first:stop].reshape(-1, 4)
            for track, values in zip(tracks, _predict_strand(network, strand, overlap=overlap), strict=True):
                track[first:stop] = values.reshape(-1, WINDOW, 4)


def _predict_strand(network: object, strand: NDArray[np.float16], *, overlap: bool) -> list[NDArray[np.float32]]:
    starts = range(0, len(strand) - WINDOW + 1, WINDOW // 2 if overlap else WINDOW)
    totals = [np.zeros((len(strand), 4), np.float32) for _ in range(2)]
    counts = np.zeros((len(strand), 1), np.float32)
    for first in range(0, len(starts), BATCH):
        rows = starts[first : first + BATCH]
        outputs = network.predict_on_batch(np.stack([strand[s : s + WINDOW] for s in rows]).astype(np.float32))  # type: ignore[attr-defined]
        for i, s in enumerate(rows):
            counts[s : s + WINDOW] += 1
            for total, output in zip(totals, outputs, strict=True):
                total[s : s + WINDOW] += output[i].reshape(WINDOW, 4)
    return [total / counts for total in totals]


def main() -> None:
    """Measure in turn, round by round, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--times", type=int, nargs=2, default=[1, 4], help="sizes, in times of 2.46 Mb")
    parser.add_argument("--helixer", type=Path, help="folder of HybridModel.py, in an environment of its own")
    parser.add_argument("--stand-in", nargs=4, metavar=("MODEL", "SOURCE", "TARGET", "OVERLAP"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stand_in:
        model, source, target, overlap = given.stand_in
        predicted_like_helixer(model, source, target, overlap=overlap == "overlap")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = given.model or folder / "random.keras"
        if given.model is None:
            write_model(model)
        run(*COMMAND, "models", model, "--helixer", folder / "helixer.h5")
        taken = {
            times: measure(folder, model, times, given.rounds, given.workers, given.helixer) for times in given.times
        }
    print_table(taken)


def measure(folder: Path, model: Path, times: int, rounds: int, workers: list[int], helixer: Path | None) -> Ways:
    """Time every way in every round on a genome of one size."""
    genome, store, rows = folder / f"{times}.fa", folder / f"{times}.zarr", folder / f"{times}.h5"
    write_genome(genome, times)
    run(*COMMAND, "encode", genome, "-o", store)
    run(*COMMAND, "export", store, "--helixer", rows, "--window-length", WINDOW)
    predict = (*COMMAND, "predict", store, "--model", model, "--quiet")
    ways: Ways = {}
    for number in range(rounds):
        for kind, option in (("plain", "--no-overlap"), ("overlap", "--overlap")):
            for n in workers:
                name = f"{kind}{n}x{number}"
                taken = run(*predict, "--name", name, "--workers", n, option)
                ways.setdefault((kind, f"helixdask, {n} worker{'s' * (n > 1)}"), []).append(taken)
            taken = run(__file__, "--stand-in", model, rows, folder / "out.h5", kind)
            ways.setdefault((kind, STAND_IN), []).append(taken)
            if helixer:
                words = ("--load-model-path", folder / "helixer.h5", "--test-data", rows)
                more = ("--val-test-batch-size", BATCH, "--prediction-output-path", folder / "out.h5")
                overlap = ["--overlap"] if kind == "overlap" else []
                taken = run(helixer / "HybridModel.py", *words, *more, *overlap, python=helixer / "python")
                ways.setdefault((kind, "Helixer"), []).append(taken)
    return ways


def print_table(taken: dict[int, Ways]) -> None:
    """Seconds at both sizes, and the rate at which the bases come that one has more than the other."""
    small, large = sorted(taken)
    more = 2 * sum(CONTIGS.values()) * (large - small)
    sizes = [f"{sum(CONTIGS.values()) * times / 1e6:.2f} Mb, s" for times in (small, large)]
    print(f"| windows | way | {sizes[0]} | {sizes[1]} | thousand bases of a strand a second | times the stand-in's |")
    print("|---" * 6 + "|")
    for kind, way in sorted(taken[small]):
        low, high = (min(taken[times][kind, way]) for times in (small, large))
        peer = min(taken[large][kind, STAND_IN]) - min(taken[small][kind, STAND_IN])
        rate = more / (high - low)
        print(f"| {kind} | {way} | {low:.1f} | {high:.1f} | {rate / 1e3:.0f} | {peer / (high - low):.2f} |")


if __name__ == "__main__":
    main()
