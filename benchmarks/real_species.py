"""Tuning on real species: block by block held out in turn, several seeds, gains with intervals.

    python benchmarks/real_species.py prepare DATA FOLDER
    python benchmarks/real_species.py run FOLDER [--shard 0/2]      # once for each shard, side by side
    python benchmarks/real_species.py table FOLDER

DATA holds the genomes named below; they are not part of this repository. A small network is trained on annotated
pieces of *other* species. Then, on S. pombe and on A. thaliana, five blocks are held out in turn: the network is tuned
on the other four and scored on the one that no step has seen. Blocks begin and end between genes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pieces import Piece, copy_reads, free_place, rows_of, sequence_of, write_pieces

BASE = (
    ("celegans", "korf_1pct/celegans.1pct.fa.gz", "korf_1pct/celegans.1pct.gff3.gz", None),
    ("rapa", "plant_homologs/BrapaFPsc.fa.gz", "plant_homologs/BrapaFPsc.gff3.gz", None),
    ("populus", "plant_homologs/Ptrichocarpa.fa.gz", "plant_homologs/Ptrichocarpa.gff3.gz", None),
    ("dmel", "dmel/dm6_chr2L.fa.gz", "dmel/flybase_CDS_chr2L.gtf.gz", ("chr2L", 5_000_000, 11_000_000)),
)
NETWORK = ("--cnn-layers", 3, "--filter-depth", 32, "--lstm-layers", 2, "--units", 48)
TRAINING = ("--batch-size", 24, "--learning-rate", 0.003, "--warmup-steps", 20, "--decay", "cosine", "--epochs", 20,
            "--patience", 20)  # fmt: skip
WINDOW = 8_010
N_BLOCKS = 5
SEEDS = (0, 1, 2)
ONE_SEED = (("coverage", "pseudo"), ("whole", "pseudo"), ("whole+coverage", "reference"))
COLUMNS = ("genic", "UTR", "CDS", "intron", "exon", "gene")


@dataclass(frozen=True)
class Species:
    """What is tuned to: blocks as (contig, start, bases), how many of them are scored, and how it is tuned."""

    name: str
    fasta: str
    annotation: str
    reads: dict[str, str]
    blocks: tuple[tuple[str, int, int], ...]
    scored_bases: int
    keep_fraction: float
    modes: tuple[tuple[str, str], ...]


POMBE = Species(
    "spombe",
    "spombe/spombe_I_II.fa.gz",
    "spombe/pombase_mRNA_only.derived.I_II.gff3.gz",
    {"mycelium": "spombe/spombe_dUTP.bam"},
    tuple((c, int(s * 1e6), 1_000_000) for c, s in (("I", 0.3), ("I", 2.2), ("I", 4.1), ("II", 0.4), ("II", 2.6))),
    400_000,
    0.25,
    (
        ("head", "reference"),
        ("head", "pseudo"),
        ("coverage", "reference"),
        ("whole", "reference"),
        ("whole+coverage", "reference"),
        ("coverage", "pseudo"),
        ("whole", "pseudo"),
    ),
)
_CHR3 = "Chr3:1065466-1464870"
THALIANA = Species(
    "athaliana",
    "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
    "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
    {run: f"athaliana_chr3/at3_SRR{run}.bam" for run in ("5956436", "5956440", "5956444")},
    tuple((_CHR3, k * 79_800, 79_800) for k in range(N_BLOCKS)),
    80_000,
    1.0,
    (("head", "reference"), ("coverage", "reference"), ("whole", "reference"), ("whole+coverage", "reference")),
)


def helixdask(*words: object) -> str:
    """Run a command quietly; what it prints."""
    command = [sys.executable, "-m", "helixdask.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def train_base(data: Path, folder: Path) -> Path:
    """A network of other species, from random weights."""
    model = folder / "base.keras"
    if model.exists():
        return model
    stores = []
    for name, fasta, annotation, piece in BASE:
        store, files = folder / f"{name}.zarr", [data / fasta, data / annotation]
        if piece is not None:
            write_pieces(data / fasta, data / annotation, [Piece("piece", *piece)], folder / name)
            files = [folder / f"{name}.fa", folder / f"{name}.gtf"]
        helixdask("prepare", files[0], "-o", store, "--gff3", files[1], "--window-length", WINDOW, "--keep-fraction", 1,
                  "-q")  # fmt: skip
        stores.append(store)
    helixdask("train", *stores, "-o", model, *NETWORK, *TRAINING, "-q")
    return model


def prepare(data: Path, folder: Path) -> None:
    """Base model, and stores of all blocks."""
    folder.mkdir(exist_ok=True)
    base = train_base(data, folder)
    for species in (POMBE, THALIANA):
        rows = {contig: rows_of(data / species.annotation, contig) for contig, _, _ in species.blocks}
        lengths = {contig: len(sequence_of(data / species.fasta, contig)) for contig in rows}
        for number, (contig, start, bases) in enumerate(species.blocks):
            ends = [free_place(rows[contig], at, lengths[contig])
                    for at in (start, start + bases, start + species.scored_bases)]  # fmt: skip
            files = data / species.fasta, data / species.annotation
            for kind, end in (("tune", ends[1]), ("test", min(ends[2], ends[1]))):
                target = folder / f"{species.name}_{kind}_{number}"
                piece = [Piece("piece", contig, ends[0], end)]
                write_pieces(*files, piece, target)
                sheet = ["name\tpath\tkind\tstrandedness"]
                for library, bam in species.reads.items():
                    copy = target.with_name(f"{target.name}_{library}.bam")
                    copy_reads(data / bam, piece, copy)
                    sheet.append(f"{library}\t{copy.name}\trnaseq\treverse")
                target.with_suffix(".tsv").write_text("\n".join(sheet) + "\n")
            prepare_block(species, folder, number, base)


def prepare_block(species: Species, folder: Path, number: int, base: Path) -> None:
    """Stores to tune on, by annotation and by pseudolabels, and the one that is scored."""
    tune, test = (folder / f"{species.name}_{kind}_{number}" for kind in ("tune", "test"))
    for labels in sorted({labels for _, labels in species.modes}):
        learnt = ("--gff3", annotation_of(tune)) if labels == "reference" else ()
        helixdask("prepare", tune.with_suffix(".fa"), "-o", store_of(tune, labels), *learnt, "--model", base,
                  "--libraries", tune.with_suffix(".tsv"), "--window-length", WINDOW,
                  "--keep-fraction", species.keep_fraction, "--val-fraction", 0.25, "-q")  # fmt: skip
    helixdask("encode", test.with_suffix(".fa"), "-o", store_of(test, "test"), "-q")
    helixdask("coverage", store_of(test, "test"), "--libraries", test.with_suffix(".tsv"), "-q")


def annotation_of(target: Path) -> Path:
    """The annotation that `write_pieces` made."""
    return next(path for path in (target.with_suffix(".gff3"), target.with_suffix(".gtf")) if path.exists())


def store_of(target: Path, labels: str) -> Path:
    """Store of a block."""
    return target.with_name(f"{target.name}_{labels}.zarr")


def jobs() -> Iterator[tuple[Species, str, str, int, int]]:
    """Species, mode, labels, block and seed of every run: what matters most comes first."""
    for species in (POMBE, THALIANA):
        for block in range(N_BLOCKS):
            yield species, "base", "", block, 0
    for seed in SEEDS:
        for rank in range(max(len(POMBE.modes), len(THALIANA.modes))):
            for species in (POMBE, THALIANA):
                for mode, labels in species.modes[rank : rank + 1]:
                    if seed and (mode, labels) in ONE_SEED:
                        continue
                    for block in range(N_BLOCKS):
                        yield species, mode, labels, block, seed


def run(folder: Path, shard: int, n_shards: int) -> None:
    """Tune and score, one run after another in this process; what is done is not done again."""
    log = folder / f"results_{shard}.jsonl"
    done = {tuple(row["job"]) for row in results(folder)}
    started = time.monotonic()
    for number, (species, mode, labels, block, seed) in enumerate(jobs()):
        job = (species.name, mode, labels, block, seed)
        if number % n_shards != shard or job in done:
            continue
        model, epochs, verdict = (folder / "base.keras", 0, {}) if mode == "base" else tuned(folder, species, *job[1:])
        scores = scored(folder, species.name, block, model, "_".join(map(str, job)))
        row = {
            "job": job,
            "scores": scores,
            "epochs": epochs,
            "verdict": verdict,
            "seconds": time.monotonic() - started,
        }
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{row['seconds']:.0f} s {job} {[round(value, 3) for value in scores]}\n")


def tuned(
    folder: Path, species: Species, mode: str, labels: str, block: int, seed: int
) -> tuple[Path, int, dict[str, float]]:
    """A model tuned on the other blocks; after how many epochs it was best, and its own verdict in short."""
    from helixdask.trainer.tuning.settings import TuneSettings
    from helixdask.trainer.tuning.tune import tune

    others = [number for number in range(N_BLOCKS) if number != block]
    stores = [str(store_of(folder / f"{species.name}_tune_{number}", labels)) for number in others]
    output = folder / f"{species.name}_{mode}_{labels}_{block}_{seed}.keras"
    result = tune(
        TuneSettings(
            tuple(stores),
            str(output),
            model=str(folder / "base.keras"),
            mode=mode.removesuffix("+coverage"),
            coverage="rnaseq" if "coverage" in mode else None,
            seed=seed,
            epochs=6,
            threads=1,
            keep_worse=True,
        )
    )
    genes = result.verdict["genes"]["gene"]
    verdict = {"base": result.base_genic_f1, "tuned": result.genic_f1}
    verdict |= {f"{side}_gene": genes[side]["f1"] for side in ("base", "tuned")}
    return output, result.best_epoch, verdict


def scored(folder: Path, species: str, block: int, model: Path, name: str) -> list[float]:
    """Six F1 of a model on the block that was held out."""
    from helixdask.cli.demo import scores_of
    from helixdask.engine.cluster import RunOptions
    from helixdask.evaluation import evaluate
    from helixdask.trainer.prediction.settings import PredictSettings
    from helixdask.trainer.recipes import annotate

    target = folder / f"{species}_test_{block}"
    store, options = str(store_of(target, "test")), RunOptions(workers=1, quiet=True, replace=True)
    annotate(store, str(model), str(folder / f"{name}.gff3"), options, predict=PredictSettings(predictions=name))
    found = evaluate(store, str(annotation_of(target)), predictions=name, genes=name, options=options)
    return scores_of(found.as_dict(), name)


def results(folder: Path) -> list[dict]:
    """Rows of all shards."""
    return [json.loads(line) for path in sorted(folder.glob("results_*.jsonl")) for line in path.open()]


def table(folder: Path) -> None:
    """Print means, gains and intervals."""
    found = {tuple(row["job"]): np.array(row["scores"]) for row in results(folder)}
    for species in (POMBE, THALIANA):
        base = np.stack([found[species.name, "base", "", block, 0] for block in range(N_BLOCKS)])
        print(f"\n| {species.name}: mode, labels |", " | ".join(COLUMNS), "| runs better (genic, gene) |")
        print("|---|" + "---|" * (len(COLUMNS) + 1))
        print("| base model |", " | ".join(f"{value:.3f}" for value in base.mean(axis=0)), "| |")
        for mode, labels in species.modes:
            keys = [[(species.name, mode, labels, block, seed) for seed in SEEDS] for block in range(N_BLOCKS)]
            n_seeds = min(sum(key in found for key in row) for row in keys)
            if not n_seeds:
                continue
            keys = [row[:n_seeds] for row in keys]
            scores = np.array([[found[key] for key in row] for row in keys])
            gain = scores - base[:, None]
            by_block = gain.mean(axis=1)
            # Blocks are independent, seeds of one block are not; 2.776: Student's t with 4 degrees of freedom.
            half = 2.776 * by_block.std(axis=0, ddof=1) / np.sqrt(N_BLOCKS)
            means = zip(scores.mean(axis=(0, 1)), by_block.mean(axis=0), half, strict=True)
            cells = [f"{mean:.3f} ({change:+.3f} ± {width:.3f})" for mean, change, width in means]
            better = f"{(gain[..., 0] > 0).sum()}, {(gain[..., -1] > 0).sum()} of {gain[..., 0].size}"
            print(f"| `{mode}`, {labels} |", " | ".join(cells), f"| {better} |")


def main() -> None:
    """One of the three steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["prepare", "run", "table"])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--shard", default="0/1")
    given = parser.parse_args()
    if given.step == "prepare":
        prepare(*given.paths)
    elif given.step == "run":
        run(given.paths[0], *map(int, given.shard.split("/")))
    else:
        table(given.paths[0])


if __name__ == "__main__":
    main()
