"""What label tracks must hold for an annotation, checked from its rows alone.

Nothing of the package's reader, models or painter is used: the file's lines are split here, and each rule is a
comparison of rows with the tracks. Names of rules are those of docs/reference/labels.md.
"""

from __future__ import annotations

import functools
import gzip
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import numpy as np

PAIRS = re.compile(r"([^;=\s]+)(?:=|\s+\"?)([^;\"]*)")
CODING_TYPES = re.compile(r"(.*mrna.*|.*transcript.*|gene|protein_coding_gene)$", re.IGNORECASE)
NO_CODING = re.compile(r"pseudo|(^|_)(nc|t|r|sn|sno|mi|lnc_?|linc)_?rna|ncrna|gene_segment", re.IGNORECASE)


@functools.cache
def is_no_coding(type_: str) -> bool:
    return bool(NO_CODING.search(type_))


@functools.cache
def is_type(pattern: str, type_: str) -> bool:
    """Whether a type is of a kind; asked for each row, and there are few types."""
    return bool(re.fullmatch(pattern, type_, re.IGNORECASE))


def is_cds(type_: str) -> bool:
    return is_type(r"CDS(_.*)?", type_)


@dataclass
class Row:
    seqid: str
    type: str
    start: int
    end: int
    strand: str
    phase: str
    attributes: dict[str, str]
    line: int


@dataclass
class Violation:
    rule: str
    line: int
    seqid: str
    start: int
    end: int
    strand: str

    def __str__(self) -> str:
        return f"{self.rule}: line {self.line}, {self.seqid}:{self.start}-{self.end} {self.strand}"


def split_rows(path: Path) -> list[Row]:
    """Rows with nine columns, coordinates 0-based and half-open; attributes of GFF3 or GTF, keys in lower case."""
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode(errors="replace")
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(("##FASTA", ">")):
            break
        parts = line.rstrip("\r\n").split("\t")
        if line.startswith("#") or len(parts) != 9:
            continue
        pairs = PAIRS.findall(parts[8])
        keys: dict[str, str] = {}
        for key, value in pairs:
            keys.setdefault(key.lower(), value.strip())
        if not keys and parts[8].strip():
            keys["bare"] = parts[8].strip()
        rows.append(Row(parts[0], parts[2], int(parts[3]) - 1, int(parts[4]), parts[6], parts[7], keys, number))
    return rows


@dataclass
class Annotation:
    """Rows by what they belong to, as their attributes say it."""

    rows: list[Row]
    by_id: dict[tuple[str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))
    is_gtf: bool = False

    def __post_init__(self) -> None:
        named = [row for row in self.rows[:2000] if row.type.lower() in ("cds", "exon")] or self.rows[:2000]
        self.is_gtf = sum("transcript_id" in row.attributes for row in named) * 2 > len(named) and not any(
            "parent" in row.attributes for row in named
        )
        for row in self.rows:
            if name := row.attributes.get("id"):
                self.by_id[row.seqid, unquote(name)].append(row)

    def parents(self, row: Row) -> list[str]:
        if self.is_gtf:
            return [row.attributes["transcript_id"]] if row.attributes.get("transcript_id") else []
        text = row.attributes.get("parent", "")
        return [unquote(name) for name in text.split(",") if name]

    def is_coding(self, row: Row) -> bool:
        """Whether a CDS row is one of something that can code: no pseudogene, tRNA and the like above it."""
        seen, todo = set(), [row]
        while todo:
            one = todo.pop()
            if is_no_coding(one.type) or one.attributes.get("pseudo", "").lower() == "true":
                return False
            for name in self.parents(one) if not self.is_gtf or one is row else []:
                for up in self.by_id.get((row.seqid, name), []):
                    if id(up) not in seen and up.type.lower() not in ("cds", "protein", "polypeptide"):
                        seen.add(id(up))
                        todo.append(up)
        return True

    def coding_rows(self) -> list[Row]:
        return [row for row in self.rows if is_cds(row.type)]


class Tracks:
    """Label tracks of a genome by contig: ``label``, ``phase`` and ``valid``, ``(2, bases)`` each."""

    def __init__(self, names, lengths, label, phase, valid, aliases=None) -> None:
        self.offset = dict(zip(names, np.cumsum([0, *lengths[:-1]]).tolist(), strict=True))
        self.length = dict(zip(names, lengths, strict=True))
        self.label, self.phase, self.valid = label, phase, valid
        self.aliases = aliases or {}

    def at(self, row: Row, strand: str):
        """Label, phase and valid of a row's bases on a strand; None off the genome."""
        seqid = unquote(row.seqid)
        seqid = self.aliases.get(seqid, seqid)
        if seqid not in self.offset:
            return None
        low, high = max(row.start, 0), min(row.end, self.length[seqid])
        if low >= high:
            return None
        a, z = self.offset[seqid] + low, self.offset[seqid] + high
        s = 1 if strand == "-" else 0
        return self.label[s, a:z], self.phase[s, a:z], self.valid[s, a:z]


def coding_rows_are_painted_or_masked(notes: Annotation, tracks: Tracks) -> list[Violation]:
    """I1: no base of a coding row is valid and intergenic, on the row's strand."""
    out = []
    for row in notes.coding_rows():
        if row.strand not in "+-":
            continue
        found = tracks.at(row, row.strand)
        if found is not None and ((found[0] == 0) & (found[2] == 1)).any():
            if notes.is_coding(row):
                out.append(Violation("I1", row.line, row.seqid, row.start, row.end, row.strand))
            else:
                out.append(Violation("I1 of non-coding", row.line, row.seqid, row.start, row.end, row.strand))
    return out


def phases_stand_where_cds_stands(tracks: Tracks) -> int:
    """I2: bases that are of the class cds and have no phase, or the reverse."""
    return int(((tracks.phase > 0) != (tracks.label == 2)).sum())


def valid_cds_bases_are_coding_rows(notes: Annotation, tracks: Tracks) -> int:
    """I2: valid bases of the class cds that are in no CDS row, nor in a stop codon that GTF keeps apart."""
    covered = np.zeros_like(tracks.valid)
    for row in notes.rows:
        if is_type(r"cds(_.*)?|stop_codon", row.type):
            for strand in row.strand if row.strand in "+-" else "+-":
                found = tracks.at(row, strand)
                if found is not None:
                    base = tracks.offset[tracks.aliases.get(unquote(row.seqid), unquote(row.seqid))]
                    low, high = max(row.start, 0), max(row.start, 0) + len(found[0])
                    covered[int(strand == "-"), base + low : base + high] = 1
    return int(((tracks.label == 2) & (tracks.valid == 1) & (covered == 0)).sum())


def doubly_read_bases_are_masked(notes: Annotation, tracks: Tracks) -> list[Violation]:
    """I2: a valid cds base is not in two different CDS rows of one ID (GTF: transcript) that alone are its CDS."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in notes.coding_rows():
        for parent in notes.parents(row):
            groups[row.seqid, parent, row.strand].append(row)
    out = []
    for rows in groups.values():
        ids = {row.attributes.get("id", "") for row in rows}
        if len(ids) not in (1, len(rows)) or len({row.strand for row in rows}) > 1:
            continue
        spans = sorted({(row.start, row.end) for row in rows})
        for (_, end), (start, stop) in itertools.pairwise(spans):
            if start < end:
                row = rows[0]
                shared = Row(row.seqid, "CDS", start, min(end, stop), row.strand, ".", {}, row.line)
                found = tracks.at(shared, row.strand)
                if found is not None and ((found[0] == 2) & (found[2] == 1)).any():
                    out.append(Violation("I2", row.line, row.seqid, start, min(end, stop), row.strand))
    return out


@dataclass
class TableTranscript:
    """A transcript of the gene tables: names, place, merged exons and coding segments; why its gene is masked."""

    name: str
    gene: str
    contig: str
    strand: str
    exons: list[tuple[int, int]]
    cds: list[tuple[int, int]]
    masked: str = ""


def merged(spans) -> list[tuple[int, int]]:
    """Union of intervals; those that touch become one."""
    out: list[list[int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return [(a, z) for a, z in out]


def several_proteins(rows: list[Row]) -> bool:
    """I6: an ID repeats among the CDS rows of a transcript, and what one ID spans overlaps what another spans."""
    spans: dict[str, tuple[int, int]] = {}
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        name = row.attributes.get("id", "")
        low, high = spans.get(name, (row.start, row.end))
        spans[name] = min(low, row.start), max(high, row.end)
        counts[name] += 1
    hulls = sorted(spans.values())
    meets = any(b[0] < a[1] for a, b in itertools.pairwise(hulls))
    return "" not in spans and len(spans) > 1 and max(counts.values()) > 1 and meets


def transcripts_hold_their_rows(notes: Annotation, table: list[TableTranscript], aliases=None) -> list[str]:
    """I4, I5, I6: a transcript that CDS rows name is there once and codes for exactly those rows.

    Of rows that name several proteins of a transcript, each protein is a transcript. Genes that are masked as a whole
    by the reader are left out, and transcripts of which rows lie on both strands or that cannot code.
    """
    there: dict[tuple[str, str], list[TableTranscript]] = defaultdict(list)
    masked = {t.gene for t in table if t.masked}
    for one in table:
        there[one.contig, one.name].append(one)
    named: dict[tuple[str, str], list[Row]] = defaultdict(list)
    levels = r"mrna|transcript|.*_transcript.*|primary_transcript"
    transcripts = {
        (row.seqid, unquote(row.attributes.get("transcript_id" if notes.is_gtf else "id", "")))
        for row in notes.rows
        if is_type(levels, row.type)
    }
    for row in notes.rows:
        if is_type(r"CDS|stop_codon", row.type):
            for name in notes.parents(row):
                if notes.is_gtf or (row.seqid, name) in transcripts:
                    named[row.seqid, name].append(row)
    out = []
    for (seqid, name), rows in named.items():
        coding = [row for row in rows if row.type.lower() != "stop_codon"]
        if not coding or len({row.strand for row in rows}) > 1 or not all(notes.is_coding(row) for row in coding):
            continue
        contig = (aliases or {}).get(unquote(seqid), unquote(seqid))
        found = [t for t in there[contig, name] if t.gene not in masked]
        if several_proteins(coding):
            proteins = {row.attributes["id"] for row in coding}
            cds = [t.cds for one in there.values() for t in one if t.name == name or t.name.startswith(f"{name}.")]
            for protein in proteins:
                expected = merged((row.start, row.end) for row in coding if row.attributes["id"] == protein)
                if expected not in [merged(segments) for segments in cds]:
                    out.append(f"I6: {protein} of {name} is no transcript")
            continue
        if len(found) != 1:
            if len(found) > 1:
                out.append(f"I4: {name} is {len(found)} transcripts")
            continue
        stops = [(row.start, row.end) for row in rows if row.type.lower() == "stop_codon"]
        expected = merged([*((row.start, row.end) for row in coding), *stops])
        if merged(found[0].cds) not in (expected, merged((row.start, row.end) for row in coding)):
            out.append(f"I4, I5: {name} has {found[0].cds}, its rows are {expected}")
    return out


def names_of_one_gene_are_one_gene(notes: Annotation, table: list[TableTranscript]) -> list[str]:
    """I7: transcripts of a GTF file that overlap on a strand and share a gene_name are in one gene."""
    if not notes.is_gtf:
        return []
    name_of = {
        (row.seqid, row.attributes["transcript_id"]): row.attributes["gene_name"]
        for row in notes.rows
        if row.attributes.get("transcript_id") and row.attributes.get("gene_name")
    }
    out = []
    groups: dict[tuple[str, str, str], list[TableTranscript]] = defaultdict(list)
    for one in table:
        if gene_name := name_of.get((one.contig, one.name)):
            groups[one.contig, one.strand, gene_name].append(one)
    for (_, _, gene_name), members in groups.items():
        members.sort(key=lambda t: t.exons)
        for a, b in itertools.pairwise(members):
            if a.exons and b.exons and b.exons[0][0] < a.exons[-1][1] and a.gene != b.gene:
                out.append(f"I7: {a.name} and {b.name} of {gene_name} are two genes")
    return out


def all_violations(path: Path, tracks: Tracks, table: list[TableTranscript]) -> dict[str, int]:
    """Count of violations of each rule."""
    notes = Annotation(split_rows(path))
    found = coding_rows_are_painted_or_masked(notes, tracks)
    return {
        "coding rows with a valid intergenic base": sum(v.rule == "I1" for v in found),
        "CDS rows of non-coding transcripts with one": sum(v.rule != "I1" for v in found),
        "bases where class cds and phase differ": phases_stand_where_cds_stands(tracks),
        "valid cds bases in no CDS row": valid_cds_bases_are_coding_rows(notes, tracks),
        "rows that share a valid cds base": len(doubly_read_bases_are_masked(notes, tracks)),
        "transcripts that do not hold their rows": len(transcripts_hold_their_rows(notes, table, tracks.aliases)),
        "isoforms of a gene name in several genes": len(names_of_one_gene_are_one_gene(notes, table)),
    }
