"""A whole simulation: contig by contig, block by block, into a folder."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import AlreadyExistsError
from helixdask.simulate.bam import BamBody, finish_bam
from helixdask.simulate.divergence import Block, diverge
from helixdask.simulate.genome import MASKED, Ancestor, draw_ancestor
from helixdask.simulate.intergenic import draw_transposons, with_transposons, with_turnover
from helixdask.simulate.reads import draw_reads
from helixdask.simulate.scaffolds import cut_block, cut_places
from helixdask.simulate.settings import SimulateResult, SimulateSettings
from helixdask.simulate.species import Species, draw_species
from helixdask.simulate.tandem import with_tandem_copies
from helixdask.simulate.write import FastaWriter, write_genes, write_table

BLOCK_LENGTH = 1_000_000
_SETTINGS_FILE = "simulation.json"
_SCRATCH = ".simulation-in-progress"
_ANCESTOR, _SIZES, _CUTS, _TANDEM, _TRANSPOSONS, _TURNOVER = range(
    1_000, 1_006
)  # random streams; a subgenome's stream is its number


@dataclass(frozen=True)
class _Contig:
    name: str
    group: str
    ancestor: int
    subgenome: int
    length: int
    first_row: int = 0


@dataclass
class _Written:
    name: str
    group: str
    length: int = 0
    genes: int = 0


@dataclass(frozen=True)
class _Drawn:
    """What all blocks of a species have in common."""

    species: Species
    transposons: tuple[NDArray[np.uint8], ...]


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
        written, pairs = _write_all(settings, scratch)
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
        bases=sum(scaffold.length for scaffold in written),
        contigs=len(written),
        genes=sum(scaffold.genes for scaffold in written),
        read_pairs=pairs,
        seconds=time.monotonic() - began,
    )


def _write_all(settings: SimulateSettings, folder: Path) -> tuple[list[_Written], int]:
    """Write all files; the sequences, and how many read pairs there are."""
    species = draw_species(settings.species_seed)
    drawn = _Drawn(species, draw_transposons(species))
    written: list[_Written] = []
    with contextlib.ExitStack() as stack:
        fasta = FastaWriter(stack.enter_context((folder / "genome.fa").open("wb")))
        truth = stack.enter_context((folder / "truth.gff3").open("w", encoding="utf-8"))
        truth.write("##gff-version 3\n")
        body = stack.enter_context(BamBody(folder / "reads.body")) if settings.read_depth > 0 else None
        for contig in _contigs(settings):
            written += _write_contig(settings, drawn, replace(contig, first_row=len(written)), fasta, truth, body)
    with (folder / "groups.tsv").open("w", encoding="utf-8") as file:
        write_table(file, ("#contig", "group"), [(scaffold.name, scaffold.group) for scaffold in written])
    if body is None:
        return written, 0
    names, lengths = [scaffold.name for scaffold in written], [scaffold.length for scaffold in written]
    finish_bam(body, folder / "reads.bam", names, lengths)
    with (folder / "libraries.tsv").open("w", encoding="utf-8") as file:
        write_table(file, ("name", "path", "kind", "strandedness"), [("leaf", "reads.bam", "rnaseq", "reverse")])
    return written, body.pairs


def _write_contig(
    settings: SimulateSettings, drawn: _Drawn, contig: _Contig, fasta: FastaWriter, truth: TextIO, body: BamBody | None
) -> list[_Written]:
    """Write a contig, or the scaffolds that it is cut into."""
    done = 0  # bases of the contig
    written = [_Written(contig.name if not settings.scaffolds else f"{contig.name}_1", contig.group)]
    places = _cuts(settings, contig)
    fasta.begin(written[0].name)
    for block, first_number, rng in _blocks(settings, drawn, contig):
        here = places[(places > done) & (places < done + len(block.sequence))] - done
        for number, part in enumerate(cut_block(block, here) if settings.scaffolds else [block]):
            if number:
                fasta.end()
                written.append(_Written(f"{contig.name}_{len(written) + 1}", contig.group))
                fasta.begin(written[-1].name)
            scaffold = written[-1]
            fasta.add(part.sequence if settings.soft_masked else part.sequence & ~MASKED)
            write_genes(truth, part, scaffold.name, scaffold.length, first_number)
            if body is not None:
                reads = draw_reads(part, settings.read_depth, settings.noise, rng)
                body.add(reads, contig.first_row + len(written) - 1, scaffold.length)
            scaffold.length += len(part.sequence)
            scaffold.genes += len(part.strand)
        done += len(block.sequence)
    fasta.end()
    return written


def _cuts(settings: SimulateSettings, contig: _Contig) -> NDArray[np.int64]:
    pieces = round(settings.scaffolds * contig.length / (settings.bases / settings.subgenomes) / settings.subgenomes)
    stream = [settings.seed, settings.species_seed, contig.ancestor, contig.subgenome, _CUTS]
    return cut_places(contig.length, pieces, np.random.default_rng(stream))


def _blocks(
    settings: SimulateSettings, drawn: _Drawn, contig: _Contig
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
        ancestor = _ancestor(settings, drawn, int(edges[i + 1] - edges[i]), stream)
        if settings.turnover:
            ancestor = with_turnover(
                ancestor,
                drawn.species,
                drawn.transposons,
                (settings.repeat_fraction, settings.transposon_fraction),
                settings.turnover,
                np.random.default_rng([*stream, _TURNOVER, contig.subgenome]),
            )
        rng = np.random.default_rng([*stream, contig.subgenome])
        block = diverge(ancestor, settings.divergence * between, settings.indel_rate * between, settings.gene_loss, rng)
        yield block, first_number, rng
        first_number += len(ancestor.genes)


def _ancestor(settings: SimulateSettings, drawn: _Drawn, length: int, stream: list[int]) -> Ancestor:
    tandem = np.random.default_rng([*stream, _TANDEM])
    ancestor = draw_ancestor(
        drawn.species,
        length,
        settings.genic_fraction,
        settings.repeat_fraction,
        np.random.default_rng([*stream, _ANCESTOR]),
        (lambda genes: with_tandem_copies(genes, settings.tandem_fraction, tandem))
        if settings.tandem_fraction
        else None,
    )
    if settings.transposon_fraction:
        rng = np.random.default_rng([*stream, _TRANSPOSONS])
        ancestor = with_transposons(ancestor, drawn.transposons, settings.transposon_fraction, rng)
    return ancestor


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
