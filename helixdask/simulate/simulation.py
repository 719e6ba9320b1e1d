"""A whole simulation: contig by contig, block by block, into a folder."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import AlreadyExistsError
from helixdask.simulate.bam import BamBody, finish_bam
from helixdask.simulate.divergence import Block, diverge
from helixdask.simulate.genome import draw_ancestor
from helixdask.simulate.reads import draw_reads
from helixdask.simulate.settings import SimulateResult, SimulateSettings
from helixdask.simulate.species import Species, draw_species
from helixdask.simulate.write import FastaWriter, write_genes, write_table

__all__ = ["simulate"]

BLOCK_LENGTH = 1_000_000
_SETTINGS_FILE = "simulation.json"
_SCRATCH = ".simulation-in-progress"
_ANCESTOR, _SIZES = 1_000, 1_001  # random streams; a subgenome's stream is its number


@dataclass(frozen=True)
class _Contig:
    name: str
    group: str
    ancestor: int
    subgenome: int
    length: int


@dataclass
class _Totals:
    lengths: list[int]
    genes: int = 0
    pairs: int = 0


def simulate(settings: SimulateSettings, folder: Path) -> SimulateResult:
    """Make a genome, its true genes and its reads.

    Writes `genome.fa`, `truth.gff3`, `groups.tsv` (contig and group, as `--groups` takes it: homoeologous contigs share
    a group), `simulation.json` (the settings) and, unless `read_depth` is 0, `reads.bam` with its index and
    `libraries.tsv` (paths from the sheet's folder). The same settings give the same bytes. Files are written aside and
    then renamed into place; memory does not grow with the genome.

    Raises
    ------
    AlreadyExistsError
        The folder holds a genome.fa that no simulation wrote.
    """
    began = time.monotonic()
    folder = Path(folder)
    if (folder / "genome.fa").exists() and not (folder / _SETTINGS_FILE).exists():
        raise AlreadyExistsError(
            "there is a genome.fa that no simulation wrote", where=str(folder), remedy="choose another folder"
        )
    scratch = folder / _SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        totals = _write_all(settings, scratch)
        (scratch / _SETTINGS_FILE).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
        for stale in ("reads.bam", "reads.bam.bai", "reads.bam.csi", "libraries.tsv"):
            (folder / stale).unlink(missing_ok=True)
        for path in sorted(scratch.iterdir()):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    has_reads = settings.read_depth > 0
    return SimulateResult(
        folder=folder,
        genome=folder / "genome.fa",
        truth=folder / "truth.gff3",
        groups=folder / "groups.tsv",
        reads=folder / "reads.bam" if has_reads else None,
        libraries=folder / "libraries.tsv" if has_reads else None,
        bases=sum(totals.lengths),
        contigs=len(totals.lengths),
        genes=totals.genes,
        read_pairs=totals.pairs,
        seconds=time.monotonic() - began,
    )


def _write_all(settings: SimulateSettings, folder: Path) -> _Totals:
    species = draw_species(settings.species_seed)
    contigs = _contigs(settings)
    totals = _Totals(lengths=[])
    with contextlib.ExitStack() as stack:
        fasta = FastaWriter(stack.enter_context((folder / "genome.fa").open("wb")))
        truth = stack.enter_context((folder / "truth.gff3").open("w", encoding="utf-8"))
        truth.write("##gff-version 3\n")
        body = stack.enter_context(BamBody(folder / "reads.body")) if settings.read_depth > 0 else None
        for number, contig in enumerate(contigs):
            _write_contig(settings, species, contig, number, fasta, truth, body, totals)
    names = [contig.name for contig in contigs]
    with (folder / "groups.tsv").open("w", encoding="utf-8") as file:
        write_table(file, ("#contig", "group"), [(contig.name, contig.group) for contig in contigs])
    if body is not None:
        totals.pairs = body.pairs
        finish_bam(body, folder / "reads.bam", names, totals.lengths)
        with (folder / "libraries.tsv").open("w", encoding="utf-8") as file:
            write_table(file, ("name", "path", "kind", "strandedness"), [("leaf", "reads.bam", "rnaseq", "reverse")])
    return totals


def _write_contig(
    settings: SimulateSettings,
    species: Species,
    contig: _Contig,
    number: int,
    fasta: FastaWriter,
    truth: TextIO,
    body: BamBody | None,
    totals: _Totals,
) -> None:
    offset = 0
    fasta.begin(contig.name)
    for block, first_number, rng in _blocks(settings, species, contig):
        fasta.add(block.sequence)
        write_genes(truth, block, contig.name, offset, first_number)
        if body is not None:
            body.add(draw_reads(block, settings.read_depth, settings.noise, rng), number, offset)
        offset += len(block.sequence)
        totals.genes += len(block.strand)
    fasta.end()
    totals.lengths.append(offset)


def _blocks(
    settings: SimulateSettings, species: Species, contig: _Contig
) -> Iterator[tuple[Block, int, np.random.Generator]]:
    """The blocks of a contig, the number of their first ancestral gene, and the random stream to go on with.

    The ancestor is drawn again for every subgenome: cheaper than keeping it.
    """
    count = -(-contig.length // BLOCK_LENGTH)
    edges = np.linspace(0, contig.length, count + 1).astype(int)
    first_number = 0
    between = 0.5 if settings.subgenomes > 1 else 0.0  # each of two lineages has half of the difference
    for i in range(count):
        stream = [settings.seed, settings.species_seed, contig.ancestor, i]
        ancestor = draw_ancestor(
            species,
            int(edges[i + 1] - edges[i]),
            settings.genic_fraction,
            settings.repeat_fraction,
            np.random.default_rng([*stream, _ANCESTOR]),
        )
        rng = np.random.default_rng([*stream, contig.subgenome])
        block = diverge(ancestor, settings.divergence * between, settings.indel_rate * between, settings.gene_loss, rng)
        yield block, first_number, rng
        first_number += len(ancestor.genes)


def _contigs(settings: SimulateSettings) -> list[_Contig]:
    lengths = _contig_lengths(settings)
    return [
        _Contig(f"chr{i + 1}{chr(ord('A') + subgenome)}", f"chr{i + 1}", i, subgenome, int(lengths[i]))
        for i in range(settings.contigs)
        for subgenome in range(settings.subgenomes)
    ]


def _contig_lengths(settings: SimulateSettings) -> NDArray[np.int64]:
    """Lengths of the ancestral contigs, between about two thirds and four thirds of their mean; they add up exactly."""
    rng = np.random.default_rng([settings.seed, settings.species_seed, _SIZES])
    shares = rng.uniform(0.7, 1.3, settings.contigs)
    each = settings.bases // settings.subgenomes
    edges = np.concatenate([[0], np.cumsum(shares)]) / shares.sum()
    spare = each - settings.contigs  # at least one base for each contig
    lengths: NDArray[np.int64] = np.diff(np.rint(edges * spare).astype(np.int64)) + 1
    return lengths
