"""Selecting from and splitting 5.3 million windows of two million scaffolds, as a table; kinship is given.

    python benchmarks/selection_scale.py [--windows 5300000] [--scaffolds 2000000]

Each function runs in a process of its own, whose CPU time is that of the function and whose peak memory is that of the
process, table included. Half of the scaffolds have a copy. ``blocks`` cuts: all windows are in one group.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SEED = 6


def table_of(n: int, n_scaffolds: int, *, whole: bool = False):
    """Windows of both strands, of which nine in ten are empty; ``whole``: few long contigs."""
    import xarray as xr

    rng = np.random.default_rng(SEED)
    length = 21_384
    contig = np.sort(rng.integers(0, n_scaffolds, n // 2)).astype(np.int32)
    first = np.flatnonzero(np.concatenate([[True], contig[1:] != contig[:-1]]))
    number = np.arange(len(contig)) - np.repeat(first, np.diff(np.append(first, len(contig))))
    contig, number = np.repeat(contig, 2), np.repeat(number, 2)
    start = number.astype(np.int64) * length
    size = np.repeat(rng.integers(500, length + 1, n // 2), 2)
    size[:-2][contig[2:] == contig[:-2]] = length
    genic = (rng.random(len(contig)) < 0.1) * rng.integers(300, 15_000, len(contig))
    genic = np.minimum(genic, size)
    count = np.zeros((len(contig), 4), np.int32)
    count[:, 0], count[:, 2] = size - genic, genic
    distance = rng.random((len(contig), 4)) * size[:, None]
    names = np.array([f"scaffold_{i}" for i in range(n_scaffolds)], object)
    columns = {"contig": contig, "start": start, "end": start + size, "annotated": np.ones(len(contig), bool),
               "strand": np.tile(np.array([0, 1], np.int8), len(contig) // 2),
               "usable": size.astype(np.int32)}  # fmt: skip
    coords = {name: ("window", column) for name, column in columns.items()}
    coords |= {"class_count": (("window", "label_class"), count), "contig_name": ("contig_row", names)}
    coords |= {"class_distance": (("window", "label_class"), distance)}
    shares = ("agreement", "confidence", "soft_masked", "gc")
    coords |= {name: ("window", rng.random(len(contig), np.float32)) for name in shares}
    coords["valid"] = ("window", size.astype(np.int32))
    coords["genes"] = ("window", np.sign(genic).astype(np.int32))
    return xr.Dataset(coords=coords, attrs={"window_length": length})


def kin_of(windows, n_scaffolds: int, *, whole: bool):
    """Pairs of scaffolds, and as many near copies as there are windows in a tenth of them; ``whole``: one group."""
    from helixdask.selection.sides import Kin

    rng = np.random.default_rng(SEED)
    group = np.arange(n_scaffolds) // 2 if not whole else np.zeros(n_scaffolds, np.int64)
    contig, start = windows["contig"].to_numpy(), windows["start"].to_numpy()
    spot = np.arange(len(contig)) // 2
    n = len(spot) // 2
    one = rng.integers(0, n - 5, n // 10)
    other = one + rng.integers(1, 5, len(one))
    places = (lambda: (np.zeros(len(contig), np.int64), contig // 2 * np.int64(1 << 20) + start)) if whole else None
    no = np.zeros(n_scaffolds, bool)
    return Kin(group, rng.random(n_scaffolds) < 0.2, no, places, spot, one, other, np.full(n // 10, 3))


def peak_memory(anew: bool = False) -> float:
    """Largest memory of this process in GB, since the last time that it was counted anew (Linux)."""
    if anew:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6


def one(what: str, n: int, n_scaffolds: int) -> None:
    """Run a function and say what it took."""
    from helixdask.selection.on_tables import split
    from helixdask.selection.select_on_tables import select

    small = table_of(2_000, 100)
    for warm in (lambda: select(small), lambda: split(small, kin=kin_of(small, 100, whole=False))):
        warm()  # compiles
    windows = table_of(n, n_scaffolds, whole=what == "blocks")
    kin = kin_of(windows, n_scaffolds, whole=what == "blocks") if what != "select" else None
    before = peak_memory(anew=True)
    begin = time.process_time()
    if what == "select":
        made = select(windows)
        said = f"{int(made['kept'].sum()):,} kept"
    else:
        made = split(windows, kin=kin)
        size = (windows["end"] - windows["start"]).to_numpy()
        side = made["side"].to_numpy()
        said = f"training {size[side == 0].sum() / size.sum():.3f}, validation {size[side == 1].sum() / size.sum():.3f}"
    seconds = time.process_time() - begin
    print(f"| {what} | {seconds:.1f} | {peak_memory():.2f} | {before:.2f} | {said} |", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=5_300_000)
    parser.add_argument("--scaffolds", type=int, default=2_000_000)
    parser.add_argument("--one", choices=("select", "split", "blocks"))
    args = parser.parse_args()
    if args.one:
        one(args.one, args.windows, args.scaffolds)
        return
    print(f"{args.windows:,} windows of {args.scaffolds:,} scaffolds\n")
    print("| | CPU seconds | peak, GB | of it the table, GB | |\n|---|---|---|---|---|", flush=True)
    for what in ("select", "split", "blocks"):
        words = ("--one", what, "--windows", str(args.windows), "--scaffolds", str(args.scaffolds))
        subprocess.run([sys.executable, __file__, *words], check=True)


if __name__ == "__main__":
    main()
