"""How much of the validation side has a near copy in training: of polyploids, simulated and of real sequence.

    python benchmarks/kinship.py sets FOLDER --real GENOME.fa.gz GENES.gff3.gz [--only NAME ...] [--seeds 20]
    python benchmarks/kinship.py store GENOME.fa GENES.gff3 FOLDER [--seeds 20]
    python benchmarks/kinship.py table FOLDER ... [--csv leakage.csv]

Leakage is measured by alignment and not by the sketches that the split goes by: the coding bases of validation that lie
in 500 aligned columns with a training stretch, of which 450 match (minimap2, ``-x asm20 -N 50 -p .1``). Beside it
stands the split of contigs by lot. A genome is aligned once, for all its splits. A refused split counts as all leaked.

``sets`` makes each genome of the comparison, or goes on where it stopped: rows are appended to FOLDER/leakage.csv.
``--real`` is a chromosome of a plant, bgzipped; pieces of it are copied and mutated. ``table`` prints what all come to.
"""

from __future__ import annotations

import argparse
import csv
import logging
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.copies.alignment import Pieces, leaked_bases, near_copies
from benchmarks.copies.genomes import genomes, write_genome

MEANS = ("splits", "leaked", "at_most", "by_lot", "least_validation", "least_training", "refused", "unrelated_grouped")
WINDOW = 21_384
SEEDS = 20
"""Seeds of splits are 0, 1, 2 ..."""
COLUMNS = ("genome", "soft_masked", "split", "seed", "leaked", "validation", "training", "by_blocks", "dropped",
           "own_measure", "unrelated", "refused")  # fmt: skip


def build(fasta: Path, gff3: Path, done: Path) -> None:
    """Store, labels, windows and kinship; the store is there when it is whole."""
    from helixdask.engine.run import RunOptions, run_stage
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.kinship.stage import KinshipStage
    from helixdask.labels.stage import LabelsStage
    from helixdask.sequence.stage import EncodeStage
    from helixdask.windows.stage import WindowsStage

    here, url = RunOptions(quiet=True, workers=1), str(done.with_name("unfinished.zarr"))
    shutil.rmtree(url, ignore_errors=True)
    for stage in (EncodeStage(str(fasta), "benchmark"), ImportGenesStage(str(gff3)), LabelsStage()):
        run_stage(stage, url, here)
    run_stage(WindowsStage(WINDOW, "reference"), url, here)
    begin = time.perf_counter()
    run_stage(KinshipStage("reference"), url, here)
    print(f"{done}: kinship took {time.perf_counter() - begin:.1f} s", flush=True)
    run_stage(unmasked_stage(), url, here)
    Path(url).rename(done)


def unmasked_stage() -> Any:
    """Kinship of the same genome as if nothing were soft-masked, into ``kinship/unmasked``."""
    from helixdask.kinship.stage import KinshipStage
    from helixdask.sequence.codes import CODE_MASK

    class Unmasked:
        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        def read(self, *where: Any) -> np.ndarray:
            return self._store.read(*where) & CODE_MASK

    class UnmaskedKinship(KinshipStage):
        def run(self, store: Any, region: Any, work: Any) -> Any:
            return super().run(Unmasked(store), region, work)

    return UnmaskedKinship("reference", output="unmasked")


def splits(url: str, kinship: str, aligned: Path, minimap2: str, seeds: int) -> list[dict[str, Any]]:
    """A row for each seed, with kinship and without."""
    from helixdask.errors import BadInputError
    from helixdask.selection.kin import kin_of
    from helixdask.selection.leakage import leakage_of
    from helixdask.selection.on_tables import split, usable_windows
    from helixdask.selection.table import read_table, windows_of
    from helixdask.store.store import Store

    store = Store.open(url)
    table = read_table(store, "default")
    offsets = store.contigs.offsets
    places = np.unique(offsets[table["contig"].to_numpy()] + table["start"].to_numpy())
    if not aligned.exists():
        np.savez_compressed(aligned, **near_copies(store, places, aligned.parent, minimap2)._asdict())
    pieces = Pieces(**np.load(aligned))
    label = store.read("labels/reference/label", 0, store.n_bases)
    coding = np.concatenate([[0], np.cumsum((label == 2).any(axis=0))])
    coding_at = np.diff(coding[np.append(places, store.n_bases)])
    table = table.isel(window=np.flatnonzero(usable_windows(table, None)))
    windows = windows_of(table)
    place = np.searchsorted(places, offsets[windows.contig] + windows.start)
    size = windows.end - windows.start
    kin = kin_of(store, kinship, None, windows)
    unrelated = wrong_pairs([str(name) for name in store.contigs.names], kin.group)
    own_coding = table["class_count"].to_numpy()[:, 2].astype(np.int64)
    rows = []
    for seed in range(seeds):
        for name, known in (("kinship", kin), ("by lot", None)):
            row: dict[str, Any] = {"split": name, "seed": seed, "unrelated": unrelated}
            rows.append(row)
            try:
                made = split(table, 0.2, seed=seed, kin=known, unannotated=True)
            except BadInputError as error:
                row |= {"leaked": 1.0, "validation": 0.0, "training": 0.0, "refused": str(error).split("\n")[0]}
                continue
            side = made["side"].to_numpy()
            train, held = np.zeros(len(places), bool), np.zeros(len(places), bool)
            train[place[side == 0]], held[place[side == 1]] = True, True
            row["leaked"] = leaked_bases(pieces, held, train, coding) / max(int(coding_at[held].sum()), 1)
            row |= {key: size[side == code].sum() / size.sum() for key, code in (("validation", 1), ("training", 0))}
            row |= {"by_blocks": int(made.attrs["by_blocks"]), "dropped": made.attrs["near_copies"]}
            if known is not None:
                row["own_measure"] = leakage_of(side, kin, own_coding).coding_bases
    return rows


def wrong_pairs(names: list[str], group: np.ndarray) -> float:
    """Share of the pairs of contigs of different chromosomes that are in one group; the last letter is the copy's."""
    chromosome = np.array([name[:-1] if name[:3] == "chr" else name for name in names])
    one, other = np.triu_indices(len(names), 1)
    apart = chromosome[one] != chromosome[other]
    return float((group[one] == group[other])[apart].mean()) if apart.any() else 0.0


def append(folder: Path, name: str, soft_masked: bool, rows: list[dict[str, Any]]) -> None:
    """Write the rows of a set at the end of the table, and print what they come to."""
    path = folder / "leakage.csv"
    fresh = not path.exists()
    with path.open("a", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        if fresh:
            writer.writeheader()
        for row in rows:
            named = {"genome": name, "soft_masked": int(soft_masked), **row}
            writer.writerow(
                {key: f"{value:.5f}" if isinstance(value, float) else value for key, value in named.items()}
            )
    for kind in ("kinship", "by lot"):
        some = [row for row in rows if row["split"] == kind]
        leaked = [row["leaked"] for row in some]
        held, train = (min(row[key] for row in some) for key in ("validation", "training"))
        refused, unrelated = sum("refused" in row for row in some), some[0]["unrelated"]
        print(f"{name} masked={soft_masked} {kind}: {np.mean(leaked):.4f}, at most {max(leaked):.4f}; ", end="")
        print(f"validation {held:.3f}, training {train:.3f}, refused {refused}, unrelated {unrelated:.3f}", flush=True)


def table(folders: list[Path], out: Path | None) -> None:
    """Print what all seeds of all variants of a genome come to; write the means of each variant as CSV."""
    sets: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for folder in folders:
        with (folder / "leakage.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                sets[row["genome"], row["soft_masked"]].append(row)
    header = ("genome", "soft_masked", *MEANS)
    lines = [(*name, *means(rows)) for name, rows in sorted(sets.items())]
    if out is not None:
        with out.open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
    together: dict[str, list[dict[str, str]]] = defaultdict(list)
    for (name, _), rows in sorted(sets.items()):
        together[name.rpartition("_turnover")[0]] += rows
    print("| genome | " + " | ".join(MEANS).replace("_", " ") + " |\n|" + "---|" * (len(MEANS) + 1))
    for name, rows in together.items():
        print(f"| {name.replace('_', ' ')} | " + " | ".join(means(rows)) + " |")


def means(rows: list[dict[str, str]]) -> tuple[str, ...]:
    """Columns of a table of means: see MEANS."""
    ours, lot = ([row for row in rows if row["split"] == kind] for kind in ("kinship", "by lot"))
    leaked = [float(row["leaked"]) for row in ours]
    by_lot = np.mean([float(row["leaked"]) for row in lot])
    held, train = (min(float(row[key]) for row in ours) for key in ("validation", "training"))
    refused, unrelated = sum(bool(row["refused"]) for row in ours), max(float(row["unrelated"]) for row in ours)
    numbers = (f"{np.mean(leaked):.4f}", f"{max(leaked):.4f}", f"{by_lot:.2f}", f"{held:.2f}", f"{train:.2f}")
    return (str(len(ours)), *numbers, str(refused), f"{unrelated:.3f}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sets")
    one.add_argument("folder", type=Path)
    one.add_argument("--real", nargs=2, type=Path)
    one.add_argument("--only", nargs="*", default=[], help="Sets with one of these in their names.")
    two = commands.add_parser("store")
    two.add_argument("fasta", type=Path)
    two.add_argument("gff3", type=Path)
    two.add_argument("folder", type=Path)
    for each in (one, two):
        each.add_argument("--seeds", type=int, default=SEEDS)
        each.add_argument("--minimap2", default="minimap2")
    three = commands.add_parser("table")
    three.add_argument("folders", type=Path, nargs="+")
    three.add_argument("--csv", type=Path)
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if args.command == "table":
        table(args.folders, args.csv)
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    if args.command == "store":
        store = args.folder / "real.zarr"
        if not store.exists():
            build(args.fasta, args.gff3, store)
        append(
            args.folder,
            args.fasta.name,
            True,
            splits(str(store), "default", args.folder / "real.npz", args.minimap2, args.seeds),
        )
        return
    done = set()
    if (args.folder / "leakage.csv").exists():
        with (args.folder / "leakage.csv").open(newline="") as file:
            done = {(row["genome"], row["soft_masked"]) for row in csv.DictReader(file)}
    # The hardest come first: one chromosome, autopolyploids, many subgenomes.
    for genome in sorted(genomes(), key=lambda one: (one.contigs > 1, -one.subgenomes, -one.divergence, one.seed)):
        if args.only and not any(part in genome.name for part in args.only):
            continue
        folder = args.folder / genome.name
        store = folder / "genome.zarr"
        for kinship, soft_masked in (("default", True), ("unmasked", False)):
            if (genome.name, str(int(soft_masked))) in done:
                continue
            if not store.exists():
                build(*write_genome(genome, args.real, folder), store)
            begin = time.perf_counter()
            rows = splits(str(store), kinship, folder / "aligned.npz", args.minimap2, args.seeds)
            append(args.folder, genome.name, soft_masked, rows)
            print(f"in {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
