"""Tuning a base model of plants to a yeast: real genomes, real annotations, real reads.

    python benchmarks/real_species.py DATA [--folder DIR] [--hours 0.15] [--seeds 2] [--megabases 3]

DATA holds the genomes named below; they are not part of this repository. A small network is trained on annotated
pieces of plant genomes. It is tuned on the first megabases of one chromosome of S. pombe and scored on the first
megabase of the other, then the other way round; with each seed anew. What is scored was never seen.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pysam

from helixdask.cli.demo import scores_of

PLANTS = (
    ("korf_1pct/athaliana.1pct.fa.gz", "korf_1pct/athaliana.1pct.gff3.gz"),
    (
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
        "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
    ),
    ("plant_homologs/BrapaFPsc.fa.gz", "plant_homologs/BrapaFPsc.gff3.gz"),
    ("plant_homologs/Ptrichocarpa.fa.gz", "plant_homologs/Ptrichocarpa.gff3.gz"),
)
FASTA, GFF, BAM = "spombe/spombe_I_II.fa.gz", "spombe/pombase_mRNA_only.derived.I_II.gff3.gz", "spombe/spombe_dUTP.bam"
WINDOW = 8_010
NETWORK = ("--cnn-layers", 2, "--filter-depth", 32, "--lstm-layers", 1, "--units", 48)
COLUMNS = ("genic", "UTR", "CDS", "intron", "exon", "gene")
MODES = {
    "head, annotation": ("head", "reference"),
    "whole, annotation": ("whole", "reference"),
    "coverage, annotation": ("coverage", "reference"),
    "head, pseudolabels": ("head", "pseudo"),
    "coverage, pseudolabels": ("coverage", "pseudo"),
}


def helixdask(*words: object) -> str:
    """Run a command quietly; what it prints."""
    command = [sys.executable, "-m", "helixdask.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return done.stdout


def train_base(data: Path, folder: Path, hours: float) -> Path:
    """A network of plants, from random weights."""
    model = folder / "plants.keras"
    if model.exists():
        return model
    stores = []
    for number, (fasta, gff) in enumerate(PLANTS):
        store = folder / f"plant{number}.zarr"
        helixdask("prepare", data / fasta, "-o", store, "--gff3", data / gff, "--window-length", WINDOW,
                  "--keep-fraction", 1, "-q")  # fmt: skip
        stores.append(store)
    helixdask("train", *stores, "-o", model, *NETWORK, "--epochs", 60, "--patience", 60, "--max-hours", hours,
              "--learning-rate", 0.002, "--decay", "none", "-q")  # fmt: skip
    return model


def pieces(data: Path, folder: Path, megabases: float) -> None:
    """Beginnings of both chromosomes, long for tuning and short for scoring, and the reads on the long ones."""
    sequences: dict[str, str] = {}
    with gzip.open(data / FASTA, "rt") as file:
        for record in file.read().split(">")[1:]:
            head, _, body = record.partition("\n")
            sequences[head.split()[0]] = body.replace("\n", "")
    for name in ("I", "II"):
        for kind, length in (("tune", int(megabases * 1e6)), ("test", 1_000_000)):
            (folder / f"{kind}_{name}.fa").write_text(f">{name}\n{sequences[name][:length]}\n")
        length = int(megabases * 1e6)
        copy_reads(data / BAM, folder / f"tune_{name}.bam", name, length)
        copy_reads(data / BAM, folder / f"test_{name}.bam", name, 1_000_000)


def copy_reads(source: Path, target: Path, contig: str, length: int) -> None:
    """Reads that lie, mates and all, on the beginning of a contig, in a file that knows nothing but that."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": contig, "LN": length}]}
    with pysam.AlignmentFile(source) as reads, pysam.AlignmentFile(target, "wb", header=header) as out:
        for read in reads.fetch(contig, 0, length):
            if read.is_unmapped or read.mate_is_unmapped or read.next_reference_name != contig:
                continue
            if max(read.reference_end, read.next_reference_start + 1) <= length:
                out.write(pysam.AlignedSegment.from_dict(read.to_dict(), out.header))
    pysam.index(str(target))
    sheet = f"name\tpath\tkind\tstrandedness\nreads\t{target.name}\trnaseq\treverse\n"
    target.with_suffix(".tsv").write_text(sheet)  # a model looks for its libraries by name


def scored(store: Path, model: Path, name: str, gff: Path, reads: Path | None) -> list[float]:
    """Six F1 of a model on a store that holds what nobody has learnt."""
    more = ("--libraries", reads) if reads else ()
    helixdask("annotate", store, "--model", model, "-o", store.with_suffix(".gff3"), "--name", name, *more, "-q")
    found = json.loads(
        helixdask("evaluate", store, "--reference", gff, "--predictions", name, "--genes", name, "--json")
    )
    return scores_of(found, name)


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--hours", type=float, default=0.15)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--megabases", type=float, default=3)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    gff = given.data / GFF
    base = train_base(given.data, folder, given.hours)
    pieces(given.data, folder, given.megabases)
    rows: dict[str, list[list[float]]] = {"base model": []}
    started = time.monotonic()
    for own, other in (("I", "II"), ("II", "I")):
        reads, other_reads = folder / f"tune_{own}.tsv", folder / f"test_{other}.tsv"
        test = folder / f"test_{other}.zarr"
        helixdask("encode", folder / f"test_{other}.fa", "-o", test, "-q")
        rows["base model"].append(scored(test, base, "base", gff, None))
        for labels in ("reference", "pseudo"):
            source_of_labels = ("--gff3", gff) if labels == "reference" else ()
            store = folder / f"tune_{own}_{labels}.zarr"
            helixdask("prepare", folder / f"tune_{own}.fa", "-o", store, *source_of_labels,
                      "--model", base, "--libraries", reads, "--window-length", WINDOW,
                      "--keep-fraction", 0.4, "-q")  # fmt: skip
        for title, (mode, labels) in MODES.items():
            for seed in range(given.seeds):
                name = f"{mode}_{labels}_{own}_{seed}"
                model = folder / f"{name}.keras"
                helixdask("tune", folder / f"tune_{own}_{labels}.zarr", "--model", base, "-o", model, "--mode", mode,
                          "--seed", seed, "--epochs", 6, "-q")  # fmt: skip
                with_reads = other_reads if mode == "coverage" else None
                rows.setdefault(title, []).append(scored(test, model, name, gff, with_reads))
                sys.stderr.write(f"{time.monotonic() - started:.0f} s: {name} {rows[title][-1]}\n")
    print("| mode and labels |", " | ".join(COLUMNS), "| gain of genic F1, run by run |")
    print("|---|" + "---|" * (len(COLUMNS) + 1))
    bases = np.array(rows.pop("base model"))
    print("| base model |", " | ".join(f"{m:.3f}" for m in bases.mean(axis=0)), "| |")
    for title, values in rows.items():
        found = np.array(values)
        gain = found - np.repeat(bases, given.seeds, axis=0)
        cells = [f"{m:.3f} ({g:+.3f})" for m, g in zip(found.mean(axis=0), gain.mean(axis=0), strict=True)]
        print(f"| {title} |", " | ".join(cells), "|", ", ".join(f"{g:+.3f}" for g in gain[:, 0]), "|", flush=True)


if __name__ == "__main__":
    main()
