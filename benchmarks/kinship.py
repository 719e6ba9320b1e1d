"""How much of the validation side has a near copy in training: of simulated polyploids and of real genomes.

    python benchmarks/kinship.py simulated FOLDER [--sets allo5_2x2 auto1_1x4] [--seeds 5]
    python benchmarks/kinship.py store GENOME.fa GENES.gff3 FOLDER [--seeds 3]

Leakage is measured by alignment and not by the sketches that the split goes by: the coding bases of validation that lie
in 500 aligned columns with a training stretch, of which 450 match (minimap2's ``asm20``, by mappy, which is no
dependency: ``pip install mappy``). Beside it stands the split of contigs by lot. Rows go to FOLDER/leakage.tsv.
"""

from __future__ import annotations

import argparse
import logging
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = 500
MATCHES = 450
WINDOW = 21_384
SEEDS = 20
"""Seeds of splits are 0, 1, 2 ...; that of a simulated genome is GENOME_SEED plus the place in the list of sets."""
GENOME_SEED = 1500
MARGIN = 300


def sets() -> dict[str, dict[str, Any]]:
    """Genomes of the comparison, each with and without turnover."""
    shapes = {"6x2": (6, 2, 18), "2x2": (2, 2, 12), "1x2": (1, 2, 8)}
    found: dict[str, dict[str, Any]] = {}

    def add(name: str, contigs: int, subgenomes: int, megabases: int, divergence: float) -> None:
        for turnover in (0.0, 1.0):
            found[f"{name}_t{turnover:.0f}"] = {
                "contigs": contigs,
                "subgenomes": subgenomes,
                "bases": megabases * 1_000_000,
                "divergence": divergence,
                "turnover": turnover,
            }

    for per_cent in (1, 3, 5, 8):
        for shape, (contigs, subgenomes, megabases) in shapes.items():
            add(f"allo{per_cent}_{shape}", contigs, subgenomes, megabases, per_cent / 100)
    add("allo4_7x3", 7, 3, 20, 0.04)
    add("auto1_3x4", 3, 4, 20, 0.01)
    add("auto1_1x4", 1, 4, 12, 0.01)
    return found


def build(fasta: Path, gff3: Path, url: str) -> float:
    """Store, labels, windows and kinship; seconds that kinship took."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.kinship.stage import KinshipStage
    from helixdask.labels.stage import LabelsStage
    from helixdask.sequence.stage import EncodeStage
    from helixdask.windows.stage import WindowsStage

    here = RunOptions(quiet=True, workers=1)
    for stage in (EncodeStage(str(fasta), "benchmark"), ImportGenesStage(str(gff3)), LabelsStage()):
        run_stage(stage, url, here)
    run_stage(WindowsStage(WINDOW, "reference"), url, here)
    begin = time.perf_counter()
    run_stage(KinshipStage("reference"), url, here)
    return time.perf_counter() - begin


def stretches(contig: Any, start: Any, end: Any) -> list[tuple[int, int, int]]:
    """Runs of neighbouring windows."""
    rows = sorted({*zip(contig.tolist(), start.tolist(), end.tolist(), strict=True)})
    found: list[tuple[int, int, int]] = []
    for c, a, b in rows:
        if found and found[-1][0] == c and found[-1][2] == a:
            found[-1] = (c, found[-1][1], b)
        else:
            found.append((c, a, b))
    return found


def aligned(cs: str, start: int) -> tuple[Any, Any]:
    """Query base of each aligned column, and whether it matches, from minimap2's short ``cs`` string."""
    base: list[Any] = []
    match: list[Any] = []
    for kind, text in re.findall(r"([:*+-])([0-9]+|[a-z]+)", cs):
        n = int(text) if kind == ":" else (1 if kind == "*" else len(text))
        base.append(np.full(n, start) if kind == "-" else start + np.arange(n))
        match.append(np.full(n, kind == ":"))
        start += 0 if kind == "-" else n
    return np.concatenate(base), np.concatenate(match)


def near(cs: str, start: int, length: int, forward: bool) -> Any:
    """Which bases of the query lie in a stretch of the alignment that is nearly the same, ``(base,)``."""
    found = np.zeros(length, bool)
    base, match = aligned(cs, 0)
    if len(base) < COLUMNS:
        return found
    if not forward:
        base = base[-1] - base
    sums = np.concatenate([[0], np.cumsum(match)])
    good = np.flatnonzero(sums[COLUMNS:] - sums[:-COLUMNS] >= MATCHES)
    depth = np.zeros(len(base) + 1, np.int64)
    np.add.at(depth, good, 1)
    np.add.at(depth, good + COLUMNS, -1)
    covered = base[np.cumsum(depth[:-1]) > 0] + start
    found[covered[covered < length]] = True
    return found


def queries(label: Any, parts: list[tuple[int, int, int]], offsets: Any) -> Iterator[tuple[int, int]]:
    """Stretches of validation around coding bases, as positions."""
    coding = (label == 2).any(axis=0)
    for c, a, b in parts:
        low, high = int(offsets[c]) + a, int(offsets[c]) + b
        places = np.flatnonzero(coding[low:high])
        if not len(places):
            continue
        cuts = np.flatnonzero(np.diff(places) > 2 * MARGIN)
        for first, last in zip(np.append(0, cuts + 1), np.append(cuts, len(places) - 1), strict=True):
            yield max(low + int(places[first]) - MARGIN, low), min(low + int(places[last]) + MARGIN + 1, high)


def leakage(url: str, split: str) -> dict[str, float]:
    """Shares of usable bases on each side, and of validation's coding bases with a near copy in training."""
    import mappy

    from helixdask.sequence.codes import CODE_MASK, LETTERS
    from helixdask.store.store import Store

    store = Store.open(url)
    letters = np.array(list(LETTERS.encode()), np.uint8)
    codes = store.read("genome/sequence", 0, store.n_bases) & CODE_MASK
    label = store.read("labels/reference/label", 0, store.n_bases)
    table, rows = store.table("windows/default"), store.table(f"splits/{split}")
    columns = [table[f"window_{name}"][rows["window_row"]] for name in ("contig", "start", "end")]
    train, held = (stretches(*(each[rows["window_side"] == side] for each in columns)) for side in (0, 1))
    offsets = store.contigs.offsets
    with tempfile.TemporaryDirectory() as folder:
        fasta = Path(folder) / "train.fa"
        with fasta.open("wb") as out:
            for number, (c, a, b) in enumerate(train):
                text = letters[codes[offsets[c] + a : offsets[c] + b]].tobytes()
                out.write(b">%d\n%b\n" % (number, text))
        aligner = mappy.Aligner(str(fasta), preset="asm20", best_n=50, n_threads=2)
        copied = total = 0
        for low, high in queries(label, held, offsets):
            text = letters[codes[low:high]].tobytes().decode()
            found = np.zeros(high - low, bool)
            for hit in aligner.map(text, cs=True):
                found |= near(hit.cs, hit.q_st, high - low, hit.strand > 0)
            coding = (label[:, low:high] == 2).any(axis=0)
            total += int(coding.sum())
            copied += int((coding & found).sum())
    size = table["window_end"] - table["window_start"]
    usable = size[(2 * table["window_usable"] >= size) & table["window_annotated"]].sum()
    size = size[rows["window_row"]]
    return {
        "leaked": copied / max(total, 1),
        "validation": size[rows["window_side"] == 1].sum() / usable,
        "training": size[rows["window_side"] == 0].sum() / usable,
    }


def measure(url: str, name: str, seeds: int, out: Any) -> None:
    """Split with several seeds, with kinship and without; print and write a row for each."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.errors import BadInputError
    from helixdask.selection.split_stage import SplitStage

    here = RunOptions(quiet=True, workers=1, replace=True)
    for seed in range(seeds):
        for kinship in ("auto", "off"):
            row: dict[str, Any] = {"set": name, "seed": seed, "split": "kinship" if kinship == "auto" else "by lot"}
            try:
                begin = time.perf_counter()
                attrs = run_stage(SplitStage(seed=seed, kinship=kinship, output=kinship), url, here).attrs
            except BadInputError as error:
                row |= {"leaked": 1.0, "refused": str(error).split("\n")[0]}
            else:
                row |= leakage(url, kinship)
                row |= {"by_blocks": attrs["by_blocks"], "near_copies": attrs["n_near_copies"]}
                row["own_measure"] = attrs["leakage"][0]["coding_bases"] if "leakage" in attrs else ""
                row["seconds"] = time.perf_counter() - begin
            values = [f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()]
            print("\t".join(f"{key}={value}" for key, value in zip(row, values, strict=True)), flush=True)
            out.write("\t".join(f"{key}={value}" for key, value in zip(row, values, strict=True)) + "\n")
            out.flush()


def main() -> None:
    """Read the command line."""
    from helixdask.simulate import SimulateSettings, simulate

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    known = sets()
    one = commands.add_parser("simulated")
    one.add_argument("folder", type=Path)
    one.add_argument("--sets", nargs="*", choices=known, default=[*known])
    one.add_argument("--no-soft-mask", action="store_true")
    two = commands.add_parser("store")
    two.add_argument("fasta", type=Path)
    two.add_argument("gff3", type=Path)
    two.add_argument("folder", type=Path)
    for each in (one, two):
        each.add_argument("--seeds", type=int, default=SEEDS)
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    args.folder.mkdir(parents=True, exist_ok=True)
    with (args.folder / "leakage.tsv").open("a") as out:
        if args.command == "store":
            url = str(args.folder / "real.zarr")
            seconds = build(args.fasta, args.gff3, url) if not Path(url).exists() else 0
            print(f"kinship took {seconds:.1f} s")
            measure(url, args.fasta.name, args.seeds, out)
            return
        for name in args.sets:
            settings = SimulateSettings(
                **known[name], seed=GENOME_SEED + [*known].index(name), read_depth=0, soft_masked=not args.no_soft_mask
            )
            folder = args.folder / name
            url = str(folder / "genome.zarr")
            if not Path(url).exists():
                simulate(settings, folder)
                print(f"{name}: kinship took {build(folder / 'genome.fa', folder / 'truth.gff3', url):.1f} s")
            measure(url, name, args.seeds, out)


if __name__ == "__main__":
    main()
