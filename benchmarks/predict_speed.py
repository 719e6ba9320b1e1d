"""Prediction with the released architecture on processors alone: the whole command, and what Helixer's way would take.

    python benchmarks/predict_speed.py [--model MODEL] [--rounds 3] [--workers 1 2] [--no-peer]

A random genome of 2.46 Mb on three contigs, windows of 21,384. Without a model a network of the released architecture
is made with random weights: the time does not depend on them. The peer is no Helixer but a stand-in that does what its
prediction does and nothing else: one-hot rows of 16 bits are read from a gzip HDF5, eight at a time go through Keras'
`predict_on_batch` with all cores, probabilities are written as a gzip HDF5 of 16 bits. With overlap, it predicts
windows at half a window's distance and writes their mean.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

CONTIGS = {"one": 1_301_117, "two": 800_003, "three": 358_880}
WINDOW = 21_384
BATCH = 8
LETTERS = np.frombuffer(b"ACGT", np.uint8)


def write_genome(path: Path) -> None:
    """Random letters on three contigs, none of them whole windows."""
    rng = np.random.default_rng(0)
    with path.open("wb") as out:
        for name, length in CONTIGS.items():
            out.write(b">%s\n%s\n" % (name.encode(), LETTERS[rng.integers(0, 4, length)].tobytes()))


def write_model(path: Path) -> None:
    """The released architecture with random weights."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    spec = NetworkSpec(cnn_layers=4, filter_depth=96, kernel_size=10, pool_size=9, lstm_layers=3, units=128)
    save_model(path, build_network(spec, seed=1), spec, default_card(inference_window=WINDOW))


class Taken(NamedTuple):
    """Seconds of a command: by the clock, and of processors."""

    wall: float
    cpu: float


def run(*words: object) -> Taken:
    """Run a command."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--stand-in", nargs=4, metavar=("MODEL", "SOURCE", "TARGET", "OVERLAP"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stand_in:
        model, source, target, overlap = given.stand_in
        predicted_like_helixer(model, source, target, overlap=overlap == "overlap")
        return
    with tempfile.TemporaryDirectory() as folder:
        print_table(Path(folder), given.model, given.rounds, given.workers, peer=not given.no_peer)


def print_table(folder: Path, model: Path | None, rounds: int, workers: list[int], *, peer: bool) -> None:
    """Time every way in every round."""
    command = ("-m", "helixdask.cli.main")
    genome, store, rows = folder / "genome.fa", folder / "genome.zarr", folder / "rows.h5"
    write_genome(genome)
    if model is None:
        model = folder / "random.keras"
        write_model(model)
    run(*command, "encode", genome, "-o", store)
    predict = (*command, "predict", store, "--model", model, "--quiet")
    run(*predict, "--name", "compile", "--workers", 1, "--no-overlap")  # compiles and caches
    ways: dict[tuple[str, str], list[Taken]] = {}
    if peer:
        run(*command, "export", store, "--helixer", rows, "--window-length", WINDOW)
    for number in range(rounds):
        for kind, option in (("plain", "--no-overlap"), ("overlap", "--overlap")):
            for n in workers:
                name = f"{kind}{n}x{number}"
                taken = run(*predict, "--name", name, "--workers", n, option)
                ways.setdefault((kind, f"helixdask, {n} worker{'s' * (n > 1)}"), []).append(taken)
            if peer:
                taken = run(__file__, "--stand-in", model, rows, folder / "out.h5", kind)
                ways.setdefault((kind, "stand-in for Helixer, all cores"), []).append(taken)
    bases = 2 * sum(CONTIGS.values())
    print("| windows | way | s, best | s, median | CPU s, best | thousand bases of a strand a second |")
    print("|---|---|---|---|---|---|")
    for (kind, way), taken in sorted(ways.items()):
        walls, cpu = sorted(one.wall for one in taken), min(one.cpu for one in taken)
        rate = bases / walls[0] / 1e3
        print(f"| {kind} | {way} | {walls[0]:.1f} | {statistics.median(walls):.1f} | {cpu:.1f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
