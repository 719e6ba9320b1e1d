"""How fast an annotation becomes labels, and labels Helixer's HDF5.

    python benchmarks/labels_speed.py [--bases 10M] [--genes 5000] [--fasta G.fa --gff3 G.gff3]

The genome is simulated unless one is given. Each step runs three times in this process after a warm-up (compilation,
imports), the best counts; then once as a command, start-up included. gffutils, where it is installed, reads the same
annotation into its database, as GeenuFF does in the first of its two steps.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from helixdask.engine.run import RunOptions, run_stage
from helixdask.exchange.helixer_h5 import export_helixer
from helixdask.exchange.settings import ExportSettings
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate.settings import SimulateSettings
from helixdask.simulate.simulation import simulate
from helixdask.store.store import Store

HELIXER_SECONDS = 12.6  # import2geenuff and geenuff2h5 for 9.83 Mb and 4,960 genes, on a quiet machine of this kind
QUIET = RunOptions(workers=1, quiet=True)


def best(step: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Wall and processor seconds of the fastest of some runs."""
    taken = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(taken)


def gffutils_seconds(gff: Path) -> tuple[float, float] | None:
    """Seconds that gffutils takes for its database; None where it is not installed."""
    try:
        import gffutils
    except ImportError:
        return None
    options = {"merge_strategy": "create_unique", "disable_infer_genes": True, "disable_infer_transcripts": True}
    return best(lambda: gffutils.create_db(str(gff), ":memory:", **options), times=1)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=10_000_000)
    parser.add_argument("--fasta", type=Path)
    parser.add_argument("--gff3", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        fasta, gff = given.fasta, given.gff3
        if fasta is None or gff is None:
            simulate(SimulateSettings(bases=given.bases, seed=1, read_depth=0, genic_fraction=0.6), work / "simulated")
            fasta, gff = work / "simulated/genome.fa", work / "simulated/truth.gff3"
        url = str(work / "store.zarr")
        run_stage(EncodeStage(str(fasta), "benchmark"), url, QUIET)
        store = Store.open(url)

        def fresh(group: str) -> None:
            if Store.open(url).is_complete(group):
                Store.open(url).remove_group(group)

        def read() -> None:
            fresh("genes/reference")
            run_stage(ImportGenesStage(gff=str(gff)), url, QUIET)

        def label() -> None:
            fresh("labels/reference")
            run_stage(LabelsStage(), url, QUIET)

        def write() -> None:
            export_helixer(Store.open(url), work / "out.h5", 21_384, ExportSettings(labels="reference"))

        read(), label()  # compiles
        genes = store.attrs("genes/reference")["genes"]
        rows = [
            (f"annotation to gene table ({genes:,} genes)", best(read)),
            ("gene table to label tracks", best(label)),
            ("label tracks and sequence to HDF5, gzip", best(write, times=1)),
        ]
        fresh("genes/reference"), fresh("labels/reference")
        command = [str(Path(sys.executable).parent / "helixdask"), "labels", url, "--gff3", str(gff), "--quiet"]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with_start = time.perf_counter() - start, used
        in_process = [sum(pair) for pair in zip(rows[0][1], rows[1][1], strict=True)]
        rows.append(("both, as a command, start-up included", with_start))
        peer = gffutils_seconds(gff)
        if peer is not None:
            rows.append(("gffutils, its database alone", peer))
        print(f"{store.n_bases / 1e6:.1f} Mb, {len(store.contigs)} contigs\n\n| step | wall s | CPU s |\n|---|---|---|")
        for name, (wall, cpu) in rows:
            print(f"| {name} | {wall:.2f} | {cpu:.2f} |")
        per_helixer = HELIXER_SECONDS * store.n_bases / 9.83e6
        print(f"\nHelixer's two steps would take {per_helixer:.1f} s for this size (measured apart); times ours:")
        for name, pair in (("in a process", in_process), ("as a command", with_start)):
            print(f"{name}: {per_helixer / pair[0]:.1f} by wall time, {per_helixer / pair[1]:.1f} by CPU time")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"peak_mb": round(peak)}))


if __name__ == "__main__":
    sys.exit(main())
