"""How fast a FASTA file gets into a store, how large it becomes, and how much memory that takes.

    python benchmarks/encode_speed.py [--bases 100000000] [--contigs 4] [--kinds plain bgzip gzip]

Everything runs in this process on one core: Mb/s are bases of the genome by wall seconds of the whole stage (checking
pass, MD5, parsing, compression, writing), without imports and compilation.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pysam
from random_fasta import write_random_fasta

from helixdask.engine.run import RunOptions, run_stage
from helixdask.sequence.stage import EncodeStage


def compressed(path: Path, kind: str) -> Path:
    """The same file, as gzip or bgzip."""
    if kind == "plain":
        return path
    target = path.with_name(f"{kind}.fa.gz")
    if kind == "bgzip":
        pysam.tabix_compress(str(path), str(target), force=True)
    else:
        with path.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as out:
            shutil.copyfileobj(source, out, 1 << 20)
    return target


def measure(fasta: Path, store: Path, bases: int) -> None:
    """Encode once and print the numbers."""
    with tempfile.TemporaryDirectory() as folder:  # compile, import and load first
        tiny = Path(folder, "tiny.fa")
        tiny.write_text(">a\nACGTN\n")
        run_stage(EncodeStage(str(tiny), "warm"), str(Path(folder, "t.zarr")), RunOptions(workers=1, quiet=True))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    run_stage(EncodeStage(str(fasta), "random"), str(store), RunOptions(workers=1, quiet=True))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{fasta.name:12s} {bases / 1e6:7.1f} Mb {bases / 1e6 / wall:6.1f} Mb/s ({bases / 1e6 / cpu:.1f} by CPU time) "
        f"{size / bases:.4f} byte/base  peak {peak:.0f} MB (before: {before:.0f})",
        flush=True,
    )


def main() -> None:
    """Write the inputs, then measure each kind in a process of its own, so that peaks do not mix."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=int, default=100_000_000)
    parser.add_argument("--contigs", type=int, default=4)
    parser.add_argument("--kinds", nargs="+", default=["plain", "bgzip", "gzip"], choices=["plain", "bgzip", "gzip"])
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        fasta, store, bases = options.measure
        measure(Path(fasta), Path(store), int(bases))
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.fa")
        bases = options.bases
        write_random_fasta(plain, bases, contigs=options.contigs)
        for kind in options.kinds:
            fasta = compressed(plain, kind)
            store = Path(folder, f"{kind}.zarr")
            with contextlib.suppress(AttributeError):
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, as the numbers say
            subprocess.run(
                [sys.executable, __file__, "--measure", str(fasta), str(store), str(bases)],
                check=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            shutil.rmtree(store)


if __name__ == "__main__":
    main()
