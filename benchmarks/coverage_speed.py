"""Coverage against the depth tools: time, memory and disk, on real BAM files and a simulated one of millions of reads.

    python benchmarks/coverage_speed.py [--bam FILE ...] [--pairs 2600000] [--simulated FILE] [--repeat 3]

Tools that are not installed are left out. Every tool reads the same file on one core unless the row says otherwise. On
a shared machine wall time depends on the neighbours: the best of some runs is shown, and CPU time (user and system)
beside it; ratios are of CPU time. The row "counting" is this package from the file to arrays in memory, all four tracks
(two strands, coverage and spliced coverage), after imports and compilation; the rows "command" are the whole command,
start of Python and processes, checks and compressed tracks on the disk included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pysam

COUNT = """
import json, resource, sys, time
import numpy as np
from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.bam_header import read_bam_header
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.alignments.stretches import stretches_of
from helixdask.store.contigs import ContigTable

path, rules, step = sys.argv[1], sys.argv[2], 1 << 22
reader = BamReader(path, load_index(path, path + ".bai"))
lengths = read_bam_header(reader.file).lengths
table, numbers = ContigTable(np.arange(len(lengths)).astype(str).astype(object), lengths), np.arange(len(lengths))

def count(stop_at):
    for start in range(0, min(stop_at, table.n_bases), step):
        stop = min(start + step, table.n_bases)
        pileup = Pileup(stop - start, "reverse", make_rules(rules))
        for stretch in stretches_of(table.pieces(start, stop), numbers, start):
            for records in reader.records(stretch):
                pileup.add(records)
        pileup.finish()

count(1)
wall, cpu = time.perf_counter(), time.process_time()
count(table.n_bases)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
ITERATE = "import pysam, sys; print(sum(1 for _ in pysam.AlignmentFile(sys.argv[1]).fetch()))"
DEPTH = "import pysam, sys; pysam.depth('-a', sys.argv[1], '-o', sys.argv[2], catch_stdout=False)"


def timed(command, out):
    """Wall seconds, CPU seconds and peak MB of a command with all its children's CPU time."""
    start = time.perf_counter()
    with out.open("wb") as target:
        process = subprocess.Popen(command, stdout=target, stderr=subprocess.PIPE)
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{' '.join(map(str, command))}: {error.decode()[-300:]}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def commands(bam, folder):
    """What is run: a name, the command and where it writes."""
    rows = []
    if shutil.which("mosdepth"):
        rows += [
            ("mosdepth, fast mode, per base", ["mosdepth", "-x", "-t", "0", folder / "m", bam], "m.*"),
            ("mosdepth, per base", ["mosdepth", "-t", "0", folder / "m", bam], "m.*"),
        ]
    if shutil.which("samtools"):
        rows += [
            ("samtools depth", ["samtools", "depth", "-o", folder / "d", bam], "d"),
            (
                "samtools depth -a -s (all bases, mates once)",
                ["samtools", "depth", "-a", "-s", "-o", folder / "d", bam],
                "d",
            ),
        ]
    if shutil.which("megadepth"):
        rows.append(("megadepth, bigWig", ["megadepth", bam, "--bigwig", "--prefix", folder / "g"], "g*"))
    if shutil.which("bedtools"):
        rows.append(
            ("bedtools genomecov -bga -split", ["bedtools", "genomecov", "-bga", "-split", "-ibam", bam], "out")
        )
    rows += [
        ("samtools depth -a of pysam", [sys.executable, "-c", DEPTH, bam, folder / "d"], "d"),
        ("pysam, iterating only", [sys.executable, "-c", ITERATE, bam], "none"),
    ]
    return rows


def stores(bam, folder):
    """A store of a genome of the BAM's contigs."""
    fasta, store = folder / "genome.fa", folder / "genome.zarr"
    rng = np.random.default_rng(1)
    with pysam.AlignmentFile(bam) as file, fasta.open("wb") as out:
        for name, length in zip(file.references, file.lengths, strict=True):
            out.write(
                f">{name}\n".encode() + np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, length)].tobytes() + b"\n"
            )
    helixdask = [sys.executable, "-m", "helixdask.cli.main"]
    subprocess.run([*helixdask, "encode", fasta, "-o", store, "--species", "x"], check=True, capture_output=True)
    fasta.unlink()
    return store, helixdask


def size(paths):
    return sum(
        p.stat().st_size for path in paths for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()
    )


def measure(bam, repeat):
    """Print the rows of one file."""
    with pysam.AlignmentFile(bam) as file:
        reads = sum(s.total for s in file.get_index_statistics())
        bases = sum(file.lengths)
    print(f"\n**{Path(bam).name}**: {reads:,} reads, {bases / 1e6:.1f} Mb, {Path(bam).stat().st_size / 1e6:.0f} MB\n")
    print("| | seconds | CPU seconds | thousand reads a CPU second | CPU time, times counting | peak MB | MB on disk |")
    print("|---|---|---|---|---|---|---|")
    base = None

    def row(name, runs, disk):
        nonlocal base
        wall, cpu, peak = min(r[0] for r in runs), min(r[1] for r in runs), max(r[2] for r in runs)
        base = base or cpu
        shown = f"{disk / 1e6:.0f}" if disk else ""
        print(
            f"| {name} | {wall:.2f} | {cpu:.2f} | {reads / cpu / 1e3:,.0f} | {cpu / base:.2f} | {peak:.0f} | {shown} |",
            flush=True,
        )

    for rules in ("default", "helixer"):
        command = [sys.executable, "-c", COUNT, bam, rules]
        runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(repeat)]
        row(f"counting, rules `{rules}`", runs, 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, command, written in commands(bam, folder):
            runs = [timed([str(x) for x in command], folder / "out") for _ in range(repeat)]
            row(label, runs, size(folder.glob(written)))
        store, helixdask = stores(bam, folder)
        for workers in ("1", "2"):
            command = [*helixdask, "coverage", store, "--bam", bam, "--strandedness", "reverse", "--workers", workers]
            runs = []
            for _ in range(repeat):
                runs.append(timed([str(x) for x in command], folder / "out"))
                group = store / "coverage"
                disk = size([group])
                shutil.rmtree(group)
            row(f"command, {workers} worker{'s' * (workers != '1')}", runs, disk)


def main() -> None:
    """Make the simulated file if it is not there, and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bam", nargs="*", default=[], help="real files, indexed (.bai)")
    parser.add_argument("--pairs", type=int, default=2_600_000, help="of the simulated file; 0: none")
    parser.add_argument("--simulated", type=Path, help="where the simulated file is or is to be")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for bam in options.bam:
        measure(bam, options.repeat)
    if options.pairs:
        from random_bam import write_random_bam

        with tempfile.TemporaryDirectory() as folder:
            path = options.simulated or Path(folder, "simulated.bam")
            if not path.exists():
                write_random_bam(path, ["chr1"], [23_513_712], options.pairs)
            measure(str(path), options.repeat)


if __name__ == "__main__":
    main()
