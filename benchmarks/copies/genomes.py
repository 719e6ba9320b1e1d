"""Genomes with copies: simulated ones, and real chromosomes with mutated copies of themselves."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

GENOME_SEED = 1500
"""The seed of a genome is this plus its row in the list of all of them."""
BESIDE_GENES = 1_000


@dataclass(frozen=True)
class Genome:
    """A genome of the comparison.

    ``contigs`` chromosomes in ``subgenomes`` copies, of which two differ at ``divergence`` of the neutral bases; with
    ``turnover`` what lies more than a kilobase from genes is drawn anew in each copy.
    """

    source: str
    shape: str
    contigs: int
    subgenomes: int
    megabases: float
    divergence: float
    turnover: int = 0
    seed: int = 0

    @property
    def name(self) -> str:
        """Name of the set."""
        per_cent = round(100 * self.divergence)
        return f"{self.source}_{self.shape}{per_cent}_{self.contigs}x{self.subgenomes}_turnover{self.turnover}"


def genomes() -> list[Genome]:
    """All genomes of the comparison."""
    shapes = [
        *(("allo", *shape, per_cent) for per_cent in (1, 3, 5, 8) for shape in ((6, 2, 6), (2, 2, 5), (1, 2, 4))),
        ("allo", 7, 3, 7.35, 4),
        ("auto", 3, 4, 6, 1),
        ("auto", 1, 4, 5, 1),
    ]
    found = [
        Genome(source, kind, contigs, subgenomes, megabases, per_cent / 100, turnover)
        for source in ("simulated", "thaliana")
        for kind, contigs, subgenomes, megabases, per_cent in shapes
        for turnover in (0, 1)
    ]
    return [replace(genome, seed=GENOME_SEED + row) for row, genome in enumerate(found)]


def write_genome(genome: Genome, real: tuple[Path, Path] | None, folder: Path) -> tuple[Path, Path]:
    """Write FASTA and GFF3 into a folder; ``real`` are those of the chromosome that is copied."""
    from helixdask.simulate import SimulateSettings, simulate

    if genome.source == "simulated":
        settings = SimulateSettings(
            bases=round(genome.megabases * 1e6),
            seed=genome.seed,
            subgenomes=genome.subgenomes,
            contigs=genome.contigs,
            divergence=genome.divergence,
            turnover=genome.turnover,
            tandem_fraction=0.02,
            read_depth=0,
        )
        made = simulate(settings, folder)
        return made.genome, made.truth
    if real is None:
        raise SystemExit(f"{genome.name} needs --real FASTA GFF3")
    folder.mkdir(parents=True, exist_ok=True)
    sequence, lines = _first_record(real[0]), _lines(real[1])
    fasta, gff3 = folder / "genome.fa", folder / "truth.gff3"
    with fasta.open("wb") as bases, gff3.open("w") as genes:
        genes.write("##gff-version 3\n")
        for name, text, rows in _copies(genome, sequence, lines):
            bases.write(b">%b\n" % name.encode())
            bases.writelines(text[at : at + 80] + b"\n" for at in range(0, len(text), 80))
            genes.writelines("\t".join(row) + "\n" for row in rows)
    return fasta, gff3


def _copies(
    genome: Genome, sequence: np.ndarray, lines: list[list[str]]
) -> Iterator[tuple[str, bytes, list[list[str]]]]:
    """Pieces of the sequence as chromosomes, each with its mutated copies: name, text and annotation."""
    length = round(genome.megabases * 1e6) // (genome.contigs * genome.subgenomes)
    genes = [(int(line[3]) - 1, int(line[4])) for line in lines if line[2] in {"gene", "pseudogene"}]
    for number in range(genome.contigs):
        low = number * (len(sequence) // genome.contigs)
        high = low + length
        while any(start < high < end for start, end in genes):  # the piece ends between genes
            high += 1
        while any(start < low < end for start, end in genes):
            low += 1
        inside = [line for line in lines if low < int(line[3]) and int(line[4]) <= high]
        for copy in range(genome.subgenomes):
            rng = np.random.default_rng([genome.seed, number, copy])
            text, moved = _mutated(sequence[low:high], inside, low, genome, rng)
            name = f"chr{number + 1}{'ABCDEFGH'[copy]}"
            yield name, text, [_placed(line, name, low, moved) for line in inside]


def _mutated(sequence: np.ndarray, lines: list[list[str]], low: int, genome: Genome, rng: np.random.Generator):
    """A copy: substitutions, half as many in exons; small indels outside them; far from genes drawn anew if wanted."""
    text = sequence.copy()
    near, exon = np.zeros(len(text), bool), np.zeros(len(text), bool)
    for line in lines:
        start, end = int(line[3]) - 1 - low, int(line[4]) - low
        if line[2] in {"gene", "pseudogene"}:
            near[max(start - BESIDE_GENES, 0) : end + BESIDE_GENES] = True
        elif line[2] in {"exon", "CDS"}:
            exon[start:end] = True
    case, upper = text & 0x20, text & 0xDF
    known = np.isin(upper, np.frombuffer(b"ACGT", np.uint8))
    if genome.turnover:
        far = np.flatnonzero(~near & known)
        upper[far] = upper[rng.permutation(far)]
    rate = np.where(exon, 0.25, 0.5) * genome.divergence  # each of two copies has half of the difference
    changed = np.flatnonzero(known & (rng.random(len(text)) < rate))
    letters = np.frombuffer(b"ACGT", np.uint8)
    upper[changed] = letters[(np.searchsorted(letters, upper[changed]) + rng.integers(1, 4, len(changed))) % 4]
    text = upper | case
    times = np.ones(len(text), np.int64)
    places = np.flatnonzero(~exon & (rng.random(len(text)) < 0.05 * genome.divergence))
    times[places] = np.where(rng.random(len(places)) < 0.5, 0, rng.integers(2, 9, len(places)))
    return np.repeat(text, times).tobytes(), np.concatenate([[0], np.cumsum(times)])


def _placed(line: list[str], name: str, low: int, moved: np.ndarray) -> list[str]:
    """A line of annotation where its feature lies in the copy, with ids of its own."""
    start, end = int(moved[int(line[3]) - 1 - low]) + 1, int(moved[int(line[4]) - low])
    fields = [field.split("=", 1) for field in line[8].split(";")]
    about = [f"{key}={name}.{value}" for key, value in fields if key in {"ID", "Parent"}]
    return [name, *line[1:3], str(start), str(end), *line[5:8], ";".join(about)]


def _first_record(path: Path) -> np.ndarray:
    with gzip.open(path, "rb") as file:
        text = file.read().split(b">")[1]
    return np.frombuffer(text.split(b"\n", 1)[1].replace(b"\n", b""), np.uint8).copy()


def _lines(path: Path) -> list[list[str]]:
    wanted = {"gene", "mRNA", "exon", "CDS", "pseudogene"}
    with gzip.open(path, "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    rows = [row for row in rows if len(row) == 9 and row[0] == rows[0][0] and row[2] in wanted]
    first: dict[str, str] = {}  # of each gene's transcripts the first is enough
    for row in rows:
        if row[2] == "mRNA":
            first.setdefault(_id(row, "Parent"), _id(row))
    kept = {*first.values(), *first}
    return [
        row
        for row in rows
        if row[2] == "pseudogene" or _id(row, "Parent" if row[2] in {"exon", "CDS"} else "ID") in kept
    ]


def _id(row: list[str], key: str = "ID") -> str:
    return dict(field.split("=", 1) for field in row[8].split(";") if "=" in field).get(key, "")
