"""Finding kin in a genome of 1 Gb: seven chromosomes in three subgenomes, with an annotation and without.

    python benchmarks/kinship_scale.py FOLDER [--bases 1e9] [--divergence 0.03] [--workers 1]

Sequence is random and not soft-masked, so that no k-mer is left out; a gene of 3 kb begins every 12 kb, and sequence
between genes is that of no other contig. The whole command is measured, start of the interpreter included: CPU time of
all its processes, and peak memory of the largest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

CHROMOSOMES, SUBGENOMES = 7, 3
GENE, DISTANCE = 3_000, 12_000
SEED = 21


def write(folder: Path, bases: int, divergence: float) -> None:
    """FASTA and GFF3 of the genome."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    length = bases // (CHROMOSOMES * SUBGENOMES)
    letters = np.frombuffer(b"ACGT", np.uint8)
    begins = np.arange(1_000, length - GENE, DISTANCE)
    with (folder / "genome.fa").open("wb") as fasta, (folder / "genes.gff3").open("w") as gff3:
        gff3.write("##gff-version 3\n")
        for number in range(1, CHROMOSOMES + 1):
            genes = rng.integers(0, 4, (len(begins), GENE), np.uint8)
            for copy in "ABC"[:SUBGENOMES]:
                codes = rng.integers(0, 4, length, np.uint8)
                changed = rng.random(genes.shape) < divergence / 2  # each of two copies has half of the difference
                places = begins[:, None] + np.arange(GENE)
                codes[places] = (genes + changed * rng.integers(1, 4, genes.shape, np.uint8)) % 4
                fasta.write(b">chr%d%s\n%s\n" % (number, copy.encode(), letters[codes].tobytes()))
                gff3.writelines(_gene(f"chr{number}{copy}", start) for start in begins.tolist())


def _gene(name: str, start: int) -> str:
    place, gene = f"{start + 1}\t{start + GENE}\t.\t+", f"{name}.{start}"
    rows = (f"gene\t{place}\t.\tID={gene}", f"mRNA\t{place}\t.\tID={gene}.t;Parent={gene}")
    rows += (f"exon\t{place}\t.\tParent={gene}.t", f"CDS\t{place}\t0\tParent={gene}.t")
    return "".join(f"{name}\tbenchmark\t{row}\n" for row in rows)


def read_genes(folder: Path) -> None:
    """Put the genes into the store; labels are not needed."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.genes.reading.stage import ImportGenesStage

    run_stage(ImportGenesStage(str(folder / "genes.gff3")), str(folder / "genome.zarr"), RunOptions(quiet=True))


def measured(*words: str | Path) -> tuple[float, float, float]:
    """Run a command: seconds, CPU seconds and peak memory in GB."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "helixdask.cli.main", *map(str, words), "-q"])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, words))} failed")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bases", type=float, default=1e9)
    parser.add_argument("--divergence", type=float, default=0.03)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--step", choices=("write", "genes"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder, bases = args.folder, round(args.bases)
    store, many = folder / "genome.zarr", ("--workers", str(args.workers))
    if args.step == "write":
        write(folder, bases, args.divergence)
        return
    if args.step == "genes":
        read_genes(folder)
        return
    if store.exists():
        raise SystemExit(f"{store} is there")
    folder.mkdir(parents=True, exist_ok=True)
    # Steps run in processes of their own: the peak of a command counts what the process that starts it holds.
    itself = (sys.executable, __file__, *sys.argv[1:], "--step")
    subprocess.run([*itself, "write"], check=True)
    measured("encode", folder / "genome.fa", "-o", store, "--species", "benchmark", *many)
    print("| | seconds | CPU s | Mb a CPU second | peak, GB |\n|---|---|---|---|---|", flush=True)
    for title in ("without genes", "with genes"):
        if title == "with genes":
            subprocess.run([*itself, "genes"], check=True)
        seconds, cpu, peak = measured("kinship", store, "--name", title.replace(" ", "_"), *many)
        print(f"| {title} | {seconds:.0f} | {cpu:.0f} | {bases / 1e6 / cpu:.0f} | {peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
