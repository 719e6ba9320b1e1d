"""An annotation file and a genome, read and painted, in the plain form that tests/labels/row_invariants.py compares."""

from __future__ import annotations

import gzip
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helixdask.genes.attributes import masked_reasons
from helixdask.genes.findings import Findings
from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_read import read_gff
from helixdask.labels.gene_codes import codes_of_genes
from helixdask.labels.paint import paint
from helixdask.labels.tables import LabelTables, label_tables
from helixdask.store.contigs import ContigTable
from tests.labels.row_invariants import TableTranscript, Tracks
from tests.labels.support import encode


@dataclass
class Annotated:
    contigs: ContigTable
    models: GeneModels
    findings: Findings
    tables: LabelTables
    tracks: dict[str, np.ndarray]
    aliases: dict[str, str]

    def plain(self) -> tuple[Tracks, list[TableTranscript]]:
        names, lengths = self.contigs.names.tolist(), self.contigs.lengths.tolist()
        kinds = (self.tracks[name] for name in ("label", "phase", "valid"))
        return Tracks(names, lengths, *kinds, self.aliases), table_of(self.models, self.contigs)

    def bases(self, strand: int = 0) -> str:
        """One letter a base, I U C N for the classes, small where masked."""
        label, valid = self.tracks["label"][strand], self.tracks["valid"][strand]
        return "".join("IUCN"[c] if v else "iucn"[c] for c, v in zip(label.tolist(), valid.tolist(), strict=True))

    def runs(self, strand: int = 0) -> list[tuple[int, int, str]]:
        """Stretches of equal letters that are not valid and intergenic."""
        text = np.array(list(self.bases(strand)))
        cuts = [0, *(np.flatnonzero(text[1:] != text[:-1]) + 1).tolist(), len(text)]
        return [(a, z, str(text[a])) for a, z in itertools.pairwise(cuts) if text[a] != "I"]


def annotated(path: Path, sequences: dict[str, np.ndarray], *, aliases=None, table: int = 1) -> Annotated:
    lengths = np.array([len(codes) for codes in sequences.values()], np.int64)
    contigs = ContigTable(np.array(list(sequences), object), lengths)
    codes = np.concatenate(list(sequences.values()))
    models, findings = read_gff(path, contigs, aliases=aliases)
    models.validate(lengths)
    made = label_tables(models, contigs, lambda a, z: codes[a:z], "default", codes_of_genes(models, contigs, table))
    return Annotated(contigs, models, findings, made, paint(made.strands, 0, contigs.n_bases), aliases or {})


def table_of(models: GeneModels, contigs: ContigTable) -> list[TableTranscript]:
    reasons = masked_reasons(models)
    parts = []
    for frame in (models.exons, models.cds):
        spans: dict[int, list[tuple[int, int]]] = {}
        for parent, start, end in zip(frame["transcript"], frame["start"], frame["end"], strict=True):
            spans.setdefault(int(parent), []).append((int(start), int(end)))
        parts.append(spans)
    ids, on, strands = (models.genes[column].tolist() for column in ("id", "contig", "strand"))
    out = []
    for number, (name, gene) in enumerate(zip(models.transcripts["id"], models.transcripts["gene"], strict=True)):
        place = str(contigs.names[on[gene]]), "+-"[strands[gene]]
        own = parts[0].get(number, []), parts[1].get(number, [])
        out.append(TableTranscript(name, str(ids[gene]), *place, *own, str(reasons[gene])))
    return out


def read_codes(path: Path) -> dict[str, np.ndarray]:
    """Base codes of the sequences of a FASTA file, packed or not."""
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
    out = {}
    for record in text.split(">")[1:]:
        head, _, body = record.partition("\n")
        out[head.split()[0]] = encode(body.replace("\n", "").replace("\r", ""))
    return out
