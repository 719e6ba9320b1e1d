"""Small genomes with genes, labelled without a store."""

from __future__ import annotations

import numpy as np

from helixdask.genes.reading.gff_read import read_gff
from helixdask.labels.paint import paint
from helixdask.labels.tables import label_tables
from helixdask.store.contigs import ContigTable

CODES = np.full(256, 4, np.uint8)
for letters, code in (("Cc", 0), ("Aa", 1), ("Tt", 2), ("Gg", 3)):
    for letter in letters:
        CODES[ord(letter)] = code


def encode(text: str) -> np.ndarray:
    return CODES[np.frombuffer(text.encode(), np.uint8)]


def contig_table(sequences: dict[str, str]) -> ContigTable:
    lengths = np.array([len(s) for s in sequences.values()], np.int64)
    return ContigTable(np.array(list(sequences), object), lengths)


class Labelled:
    """Genes of a GFF3 text on given sequences, and their labels."""

    def __init__(self, path, sequences: dict[str, str], rules: str) -> None:
        self.contigs = contig_table(sequences)
        self.codes = encode("".join(sequences.values()))
        phases = "file" if rules == "helixer" else "chain"
        self.models, self.findings = read_gff(path, self.contigs, phases=phases)
        self.models.validate(self.contigs.lengths if rules == "default" else None)
        self.tables = label_tables(self.models, self.contigs, lambda a, b: self.codes[a:b], rules)
        self.tracks = paint(self.tables.strands, 0, self.contigs.n_bases)

    def row(self, track: str, strand: int = 0) -> np.ndarray:
        """One track of one strand, read 5' to 3'."""
        values = self.tracks[track][strand]
        return values[::-1] if strand else values

    def mask_spans(self, strand: int = 0) -> list[tuple[str, int, int]]:
        """Masked spans, 5' to 3'."""
        m = self.tables.masks
        rows = np.flatnonzero(m.minus == bool(strand))
        return [(str(m.code[r]), int(m.start[r]), int(m.end[r])) for r in rows]


def read_fasta(path) -> dict[str, str]:
    sequences: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            parts = sequences.setdefault(line[1:].split()[0], [])
        else:
            parts.append(line.strip())
    return {name: "".join(parts) for name, parts in sequences.items()}
