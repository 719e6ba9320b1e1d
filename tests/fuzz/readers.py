"""Every reader of files, each called as a command calls it, on a file of any content."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helixdask.alignments.stretches import stretches_of
from helixdask.coverage.adding import stage_of
from helixdask.coverage.checks import check_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.protocol_sample import sample_reads
from helixdask.coverage.reading import open_reader, prepare_index
from helixdask.coverage.rules import make_rules
from helixdask.coverage.settings import CoverageSettings
from helixdask.coverage.sheet import read_libraries
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Region, Work
from helixdask.exchange.helixer_import import import_helixer
from helixdask.exchange.settings import ImportSettings
from helixdask.genes.reading.gff_read import read_gff
from helixdask.inputs.tables import read_names
from helixdask.labels.gene_codes import read_genetic_codes
from helixdask.labels.tables import label_tables
from helixdask.names.aliases import read_aliases
from helixdask.selection.group_table import read_groups
from helixdask.sequence.stage import EncodeStage
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from helixdask.tracks.interval_files import read_intervals
from helixdask.trainer.network.describe import describe_model

QUIET = RunOptions(workers=1, quiet=True)


@dataclass(frozen=True)
class Reader:
    """A file that is damaged, how, and what reads it.

    ``also`` are files that lie beside it undamaged. ``weight``: share of the cases, against 1 of the others.
    """

    seed: str
    kind: str
    read: Callable[[Path, Path, Store], object]
    also: tuple[str, ...] = ()
    weight: float = 1.0


def _encode(path, folder, store):
    run_stage(EncodeStage(fasta=str(path), species="fuzz"), str(folder / "new.zarr"), QUIET)


def _annotation(path, folder, store):
    models, _ = read_gff(path, store.contigs)
    label_tables(models, store.contigs, lambda a, b: store.read("genome/sequence", a, b), "default")


def _intervals(kind):
    return lambda path, folder, store: read_intervals(path, kind, store.contigs)


def _ready_made(kind):
    def read(path, folder, store):
        stage = stage_of(Library("x", str(path), kind, scale=None if kind == "alignments" else 1.0), CoverageSettings())
        stage.inputs(store)
        work = Work(Folder(str(folder / "work")))
        stage.prepare(store, work)
        stage_run(stage, store, work)

    return read


class _Written:
    """A store that keeps what is written to it."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def write_region(self, path, start, data):
        np.asarray(data).sum()


def stage_run(stage, store, work):
    stage.run(_Written(store), Region(0, 0, store.n_bases), work)


def _reads(path, folder, store):
    library = Library("x", str(path), "rnaseq", "reverse")
    md5 = np.asarray(store.array("genome/contig_md5")[...])
    checked = check_library(library, store.contigs.names.tolist(), store.contigs.lengths, md5)
    work = Work(Folder(str(folder / "work")))
    prepare_index(str(path), checked, work)
    sample_reads(library, store)
    reader = open_reader(str(path), work)
    pileup = Pileup(store.n_bases, "reverse", make_rules("default"), str(path))
    for stretch in stretches_of(store.contigs.pieces(0, store.n_bases), checked.contig_numbers, 0):
        for records in reader.records(stretch):
            pileup.add(records)
    pileup.finish()


def _index(path, folder, store):
    """The damaged file is the index of a sound one."""
    _reads(
        path.with_name({"bai": "reads.bam", "csi": "reads.bam", "crai": "reads.cram"}[path.suffix[1:]]), folder, store
    )


def _helixer(path, folder, store):
    import_helixer(path, folder / "new.zarr", ImportSettings(minus_padding="end"), options=QUIET)


def _predictions(path, folder, store):
    data = path.with_name("sound.h5")
    import_helixer(data, folder / "new.zarr", ImportSettings(predictions=path, minus_padding="end"), options=QUIET)


READERS = {
    "fasta": Reader("genome.fa", "text", _encode),
    "fasta-gzip": Reader("genome.fa.gz", "gzip", _encode),
    "fasta-bgzip": Reader("genome.bgz.fa.gz", "bgzip", _encode),
    "gff3": Reader("genes.gff3", "text", _annotation, weight=2),
    "gff3-gzip": Reader("genes.gff3.gz", "gzip", _annotation),
    "gtf": Reader("genes.gtf", "text", _annotation),
    "aliases": Reader("aliases.tsv", "text", lambda path, _, store: read_aliases(path, store.contigs)),
    "assembly-report": Reader("report.txt", "text", lambda path, _, store: read_aliases(path, store.contigs)),
    "groups": Reader("groups.tsv", "text", lambda path, _, store: read_groups(str(path), store.contigs, {})),
    "genetic-codes": Reader("codes.tsv", "text", lambda path, _, store: read_genetic_codes(path, store.contigs)),
    "sheet": Reader("sheet.tsv", "text", lambda path, *_: read_libraries(str(path))),
    "names": Reader("names.txt", "text", lambda path, *_: read_names(path)),
    "bed": Reader("regions.bed", "text", _intervals("bed")),
    "bed-gzip": Reader("regions.bed.gz", "gzip", _intervals("bed")),
    "gff3-track": Reader("repeats.gff3", "text", _intervals("gff3")),
    "bedgraph-track": Reader("depth.bedgraph", "text", _intervals("bedgraph")),
    "repeatmasker": Reader("repeats.out", "text", _intervals("repeatmasker")),
    "alignments": Reader("genes.gff3", "text", _ready_made("alignments")),
    "bedgraph": Reader("depth.bedgraph", "text", _ready_made("bedgraph")),
    "bedgraph-gzip": Reader("depth.bedgraph.gz", "gzip", _ready_made("bedgraph")),
    "bigwig": Reader("depth.bw", "binary", _ready_made("bigwig"), weight=2),
    "bam": Reader("reads.bam", "bgzip-binary", _reads, weight=2),
    "bam-indexed": Reader("reads.bam", "bgzip-binary", _reads, ("reads.bam.bai",)),
    "bai": Reader("reads.bam.bai", "binary", _index, ("reads.bam",)),
    "csi": Reader("reads.bam.csi", "bgzip-binary", _index, ("reads.bam",)),
    "cram": Reader("reads.cram", "binary", _reads, weight=2),
    "cram-indexed": Reader("reads.cram", "binary", _reads, ("reads.cram.crai",)),
    "crai": Reader("reads.cram.crai", "gzip", _index, ("reads.cram",)),
    "helixer": Reader("helixer.h5", "binary", _helixer, weight=2),
    "helixer-predictions": Reader("helixer.h5", "binary", _predictions, ("sound.h5",)),
    "model-h5": Reader("model.h5", "binary", lambda path, *_: describe_model(path), weight=2),
    "model-keras": Reader("model.keras", "binary", lambda path, *_: describe_model(path)),
}


def lay_out(reader, seeds, folder, data):
    """Put a damaged file and those that belong to it into a folder; the file's path."""
    for name in reader.also:
        shutil.copyfile(seeds / name, folder / name)
    path = folder / reader.seed
    path.write_bytes(data)
    return path
