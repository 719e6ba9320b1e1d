"""Train the base models that the package ships, from annotated pieces of real genomes.

    python tools/train_base_models.py prepare DATA FOLDER           # stores of the pieces, a few minutes
    python tools/train_base_models.py train FOLDER fungi-mini --max-hours 2
    python tools/train_base_models.py train FOLDER fungi-mini --model BEST.keras     # go on from weights elsewhere

DATA holds the genomes that `PIECES` names; they are not part of this repository. A run that is stopped goes on with
the same command. What is kept back for evaluation is never read: *A. thaliana* chromosome 1 ends here at 18 Mb, and of
*A. arenosa* only the chromosome is used that is colinear with those 18 Mb.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pysam


@dataclass(frozen=True)
class Piece:
    """One store: contigs of a genome, each from its first base to a limit."""

    folder: str
    contigs: tuple[tuple[str, int], ...]
    genetic_code: int = 1


@dataclass(frozen=True)
class Recipe:
    """A base model: what it learns from, and for how long."""

    pieces: tuple[str, ...]
    epochs: int


PIECES = {
    "athaliana": Piece("athaliana_chr1_0_20Mb", (("NC_003070.9", 18_000_000),)),
    "aarenosa": Piece("aarenosa_chr1_2", (("LR999451.1", 25_224_288),)),
    "arenosa10": Piece("aarenosa_chr1_2", (("LR999451.1", 10_000_000),)),
    "castor": Piece("rcommunis_4scaffolds", tuple((f"scaff_{n}", 1 << 30) for n in (28153, 29005, 29154, 29308))),
    "cneoformans": Piece("cneoformans_chr1_2", (("CP003820.1", 1 << 30), ("CP003821.1", 1 << 30))),
    "atubingensis": Piece("atubingensis_scaffold1", (("scaffold_1", 1 << 30),)),
    "sparadoxus": Piece("sparadoxus_CBS432", (("chrVII", 1 << 30), ("chrIII", 1 << 30))),
    "calbicans": Piece("calbicans_chr1A", (("Ca22chr1A_C_albicans_SC5314", 1_000_000),), genetic_code=12),
}
NETWORK = ("--cnn-layers", "3", "--filter-depth", "48", "--lstm-layers", "2", "--units", "64")
RECIPES = {
    "plant-mini": Recipe(("athaliana", "aarenosa", "castor"), 6),
    "fungi-mini": Recipe(("cneoformans", "atubingensis", "sparadoxus", "calbicans"), 20),
    "arenosa": Recipe(("arenosa10", "castor"), 20),
}
WINDOW = 10_692
VALIDATION = 0.08
LEARNING_RATE = 0.002
SEED = 0


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare")
    prepare.add_argument("data", type=Path)
    prepare.add_argument("folder", type=Path)
    train = commands.add_parser("train")
    train.add_argument("folder", type=Path)
    train.add_argument("name", choices=sorted(RECIPES))
    train.add_argument("--max-hours", type=float, default=0.0)
    train.add_argument("--threads", type=int, default=1)
    train.add_argument("--model", type=Path, help="an earlier run's best model, where its unfinished run is not here")
    arguments = parser.parse_args()
    if arguments.command == "prepare":
        arguments.folder.mkdir(parents=True, exist_ok=True)
        for name, piece in PIECES.items():
            prepare_piece(arguments.data, arguments.folder, name, piece)
    else:
        train_model(arguments.folder, arguments.name, arguments.max_hours, arguments.threads, arguments.model)


def prepare_piece(data: Path, folder: Path, name: str, piece: Piece) -> None:
    """Write a piece as FASTA and GFF3 and make its store."""
    fasta, gff = folder / f"{name}.fa", folder / f"{name}.gff3"
    limits = dict(piece.contigs)
    with pysam.FastaFile(str(data / piece.folder / "genome.fa.gz")) as genome, fasta.open("w") as out:
        for contig, limit in piece.contigs:
            out.write(f">{contig}\n{genome.fetch(contig, 0, min(limit, genome.get_reference_length(contig)))}\n")
    with gzip.open(data / piece.folder / "annotation.gff3.gz", "rt") as rows, gff.open("w") as out:
        for row in rows:
            cells = row.split("\t")
            if row.startswith("##sequence-region"):
                continue  # names sequences that are left out
            if row.startswith("#") or (cells[0] in limits and int(cells[4]) <= limits[cells[0]]):
                out.write(row)
    words = ("prepare", fasta, "-o", folder / f"{name}.zarr", "--gff3", gff, "--window-length", WINDOW)
    rules = ("--keep-fraction", 1, "--val-fraction", VALIDATION, "--seed", SEED, "--genetic-code", piece.genetic_code)
    helixdask(*words, *rules)


def train_model(folder: Path, name: str, max_hours: float, threads: int, model: Path | None) -> None:
    """Train, or go on."""
    recipe = RECIPES[name]
    stores = [folder / f"{piece}.zarr" for piece in recipe.pieces]
    loop = (
        "--epochs",
        recipe.epochs,
        "--patience",
        recipe.epochs,
        "--batch-size",
        32,
        "--warmup-steps",
        50,
        "--decay",
        "cosine",
    )
    limits = ("--seed", SEED, "--threads", threads, "--max-hours", max_hours)
    start = ("tune", *stores, "--mode", "whole", "--model", model) if model else ("train", *stores, *NETWORK)
    helixdask(*start, "-o", folder / f"{name}.keras", *loop, *limits, "--learning-rate", LEARNING_RATE)


def helixdask(*words: object) -> None:
    """Run a command of this installation; its output is the user's to see."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    done = subprocess.run([sys.executable, "-m", "helixdask.cli.main", *map(str, words)], check=False, env=environment)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
