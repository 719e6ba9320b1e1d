"""Genes that are called where there are none, before and after tuning to a genome that is mostly repeats.

    python benchmarks/false_genes.py FOLDER [--seeds 2] [--caps 0.25 0.35 0.5] [--doubt mask teach]

A genome of two subgenomes, 85 % of it repeats, many of them transposons with reading frames. The base model that comes
with the package, which was trained on another species, is tuned on its own surest predictions by default, once for each
largest share of fully intergenic windows and each treatment of pseudolabels in doubt. Called genes are counted on
another genome of the species, which no step has seen: false ones overlap no true gene. Rows go to
FOLDER/false_genes.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np

from helixdask.trainer.base_models import DEMO

SEED = 2_000
"""Seeds of the genomes to tune on are this plus 0, 1, ...; of the held-out ones a hundred more."""
GENOME = ("--genic-fraction", "0.08", "--repeat-fraction", "0.8", "--transposon-fraction", "0.75", "--read-depth", "0",
          "--turnover", "0.5", "--subgenomes", "2")  # fmt: skip
COLUMNS = ("seed", "model", "cap", "mode", "doubt", "called", "false", "empty_megabases", "false_per_megabase",
           "genic_recall", "genic_f1", "kept_empty")  # fmt: skip


def helixdask(*words: str | Path) -> str:
    """Run a command quietly."""
    command = [sys.executable, "-m", "helixdask.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def genes(gff3: Path) -> dict[str, list[tuple[int, int]]]:
    """Start and end of each gene by contig."""
    found = defaultdict(list)
    with gff3.open() as file:
        for line in file:
            fields = line.split("\t")
            if len(fields) == 9 and fields[2] == "gene":
                found[fields[0]].append((int(fields[3]) - 1, int(fields[4])))
    return found


def false_genes(called: Path, truth: Path, fasta: Path) -> tuple[int, int, float]:
    """Genes that are called, those of them that overlap no true one, and megabases without true genes."""
    true, n, wrong, empty = genes(truth), 0, 0, 0
    found = genes(called)
    for record in fasta.read_text().split(">")[1:]:
        name, text = record.split("\n", 1)
        covered = np.zeros(len(text) - text.count("\n"), bool)
        for low, high in true[name]:
            covered[low:high] = True
        empty += int((~covered).sum())
        n += len(found[name])
        wrong += sum(not covered[low:high].any() for low, high in found[name])
    return n, wrong, empty / 1e6


def run(folder: Path, seed: int, caps: list[float], modes: list[str], doubts: list[str], out: csv.DictWriter) -> None:
    """All models on the genomes of a seed."""
    from helixdask.store.store import Store

    learnt, held, store, scored = folder / "learnt", folder / "held", folder / "learnt.zarr", folder / "held.zarr"
    for path, bases, number in ((learnt, "4M", SEED + seed), (held, "3M", SEED + 100 + seed)):
        helixdask("simulate", "-o", path, "--bases", bases, "--contigs", "3", "--seed", str(number), *GENOME)
    helixdask("prepare", learnt / "genome.fa", "-o", store, "--model", DEMO, "-q")
    tried: list[tuple[str, Path | str, str, str, float | str, float | str]] = [("base", DEMO, "", "", "", "")]
    for cap in caps:
        name = f"cap{100 * cap:.0f}"
        chosen = ("--split", "default", "--max-intergenic", str(cap), "--name", name)
        helixdask("select", store, *chosen, "-q")
        strata = Store.open(str(store)).attrs(f"selections/{name}")["strata"]
        share = strata[-1]["kept_bases"] / sum(stratum["kept_bases"] for stratum in strata)
        for mode, doubt in product(modes, doubts):
            model = folder / f"{name}_{mode}_{doubt}.keras"
            helixdask("tune", store, "--model", DEMO, "-o", model, "--selection", name, "--mode", mode, "-q",
                      "--split", "default", "--doubt", doubt, "--keep-worse")  # fmt: skip
            tried.append((model.stem, model, mode, doubt, cap, share))
    for name, model, mode, doubt, cap, share in tried:
        gff3 = folder / f"{name}.gff3"
        if scored.exists():
            helixdask("annotate", scored, "--model", model, "-o", gff3, "--name", name, "-q")
        else:
            helixdask(
                "annotate", held / "genome.fa", "--model", model, "-o", gff3, "--name", name, "--store", scored, "-q"
            )
        truth = held / "truth.gff3"
        result = json.loads(helixdask("evaluate", scored, "--reference", truth, "--predictions", name, "--json"))
        genic = result["bases"][name]["genic"]
        called, wrong, empty = false_genes(gff3, truth, held / "genome.fa")
        row = {"seed": seed, "model": name, "cap": cap, "mode": mode, "doubt": doubt, "called": called, "false": wrong,
               "empty_megabases": round(empty, 3), "false_per_megabase": round(wrong / empty, 3),
               "genic_recall": round(genic["recall"], 4), "genic_f1": round(genic["f1"], 4),
               "kept_empty": share and round(float(share), 3)}  # fmt: skip
        out.writerow(row)
        print(row, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--caps", type=float, nargs="*", default=[0.25, 0.35, 0.5])
    parser.add_argument("--modes", nargs="*", default=["head"])
    parser.add_argument("--doubt", nargs="*", default=["mask"])
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    path = args.folder / "false_genes.csv"
    fresh = not path.exists()
    with path.open("a", newline="", buffering=1) as file:
        out = csv.DictWriter(file, COLUMNS)
        if fresh:
            out.writeheader()
        for seed in range(args.seeds):
            run(args.folder / str(seed), seed, args.caps, args.modes, args.doubt, out)


if __name__ == "__main__":
    main()
