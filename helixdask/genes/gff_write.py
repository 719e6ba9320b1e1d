"""Gene models to GFF3."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO
from urllib.parse import quote

import numpy as np
import pandas as pd

from helixdask.errors import BadInputError
from helixdask.genes.models import GeneModels
from helixdask.store.contigs import ContigTable

__all__ = ["write_gff3"]

# What the specification asks to be escaped in attributes, and lets stand in the first column.
_ATTRIBUTE_ESCAPES = re.compile(r"[\x00-\x1f\x7f%;=&,]")
_SEQID_ESCAPES = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
# Attributes that are written from other columns.
_OWN_ATTRIBUTES = frozenset({"ID", "Parent", "partial", "start_range", "end_range"})

_Part = tuple[int, int, int]  # start, end, phase (-1: no phase)


class _Transcript(NamedTuple):
    name: str
    start: int
    end: int
    type: str
    partial5: bool
    partial3: bool
    exons: list[_Part]
    cds: list[_Part]


def write_gff3(
    path: str | Path,
    models: GeneModels,
    contigs: ContigTable,
    *,
    species: str,
    model_digest: str | None = None,
    source: str | None = "helixdask",
    rules: str = "default",
) -> None:
    """Write gene models as GFF3; the file appears under its name only when it is whole.

    Parameters
    ----------
    path
        File to write.
    models
        Genes, in any order.
    contigs
        Contig table that `genes.contig` refers to.
    species, model_digest
        Go into the header.
    source
        Second column; None: that of each gene.
    rules
        "default": sorted by contig and start, children of a transcript by start, one ID for all segments of a coding
        sequence, UTRs, and `partial=true` with `start_range` or `end_range` where an end of the gene is missing.
        "helixer": HelixerPost's order (that of the ids), ids and headers; all contigs are listed.

    Raises
    ------
    BadInputError
        The folder does not exist or cannot be written.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as out:
            if rules == "helixer":
                _write_helixer(out, models, contigs, species, model_digest)
            else:
                _write_default(out, models, contigs, species, model_digest, source)
        aside.replace(path)
    except OSError as error:
        raise BadInputError(
            f"cannot write: {error.strerror}", where=str(path), remedy="Choose another file."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _write_default(
    out: TextIO, models: GeneModels, contigs: ContigTable, species: str, model_digest: str | None, source: str | None
) -> None:
    models = models.sorted()
    genes = models.genes
    out.write(f"##gff-version 3\n##species {_one_line(species)}\n")
    if model_digest:
        out.write(f"#!model {_one_line(model_digest)}\n")
    for contig in np.unique(genes["contig"].to_numpy()).tolist():
        out.write(f"##sequence-region {_seqid(contigs, contig)} 1 {contigs.lengths[contig]}\n")
    transcripts = _transcripts_by_gene(models)
    columns = zip(*(genes[name].tolist() for name in genes.columns), strict=True)
    names: dict[int, str] = {}
    for row, (name, contig, start, end, strand, kind, made_by, score, attributes) in enumerate(columns):
        if contig not in names:
            names = {contig: _seqid(contigs, contig)}
        left = (names[contig], _one_line(source or made_by) or ".")
        right = "." if math.isnan(score) else f"{score:.4g}"
        sign = "-" if strand else "+"
        own = transcripts[row]
        extra = _given_attributes(attributes)
        missing = any(t.partial5 for t in own), any(t.partial3 for t in own)
        extra += _partial_attributes(start, end, strand, *missing)
        out.write(_line(left, kind or "gene", start, end, right, sign, ".", f"ID={_escape(name)}{extra}"))
        for transcript in own:
            out.writelines(_transcript_lines(transcript, left, sign, strand, _escape(name)))


def _transcript_lines(t: _Transcript, left: tuple[str, str], sign: str, strand: int, gene: str) -> Iterator[str]:
    name = _escape(t.name)
    partial = _partial_attributes(t.start, t.end, strand, t.partial5, t.partial3)
    yield _line(left, t.type or "mRNA", t.start, t.end, ".", sign, ".", f"ID={name};Parent={gene}{partial}")
    exons = t.exons or t.cds
    parts: list[tuple[int, int, int, str, str, str]] = []
    for number, (start, end, _) in enumerate(exons, 1):
        count = len(exons) + 1 - number if strand else number
        parts.append((start, -end, 0, "exon", ".", f"ID={name}.exon.{count};Parent={name}"))
    for start, end, kind, count in _untranslated(t, strand):
        parts.append((start, -end, 1, kind, ".", f"ID={name}.{kind}.{count};Parent={name}"))
    first, last = (len(t.cds) - 1, 0) if strand else (0, len(t.cds) - 1)
    for number, (start, end, phase) in enumerate(_with_phases(t.cds, strand)):
        ends = t.partial5 and number == first, t.partial3 and number == last
        attributes = f"ID={name}.cds;Parent={name}{_partial_attributes(start, end, strand, *ends)}"
        parts.append((start, -end, 2, "CDS", str(phase), attributes))
    for start, minus_end, _, kind, phase_text, attributes in sorted(parts):
        yield _line(left, kind, start, -minus_end, ".", sign, phase_text, attributes)


def _untranslated(t: _Transcript, strand: int) -> list[tuple[int, int, str, int]]:
    """Exon bases outside the coding sequence: start, end, type, number from the 5' end."""
    if not t.cds:
        return []
    first, last = t.cds[0][0], max(end for _, end, _ in t.cds)
    low = [(start, min(end, first)) for start, end, _ in t.exons if start < first]
    high = [(max(start, last), end) for start, end, _ in t.exons if end > last]
    kinds = ("three_prime_UTR", "five_prime_UTR") if strand else ("five_prime_UTR", "three_prime_UTR")
    out = []
    for kind, pieces in zip(kinds, (low, high), strict=True):
        for number, (start, end) in enumerate(pieces, 1):
            out.append((start, end, kind, len(pieces) + 1 - number if strand else number))
    return out


def _with_phases(cds: list[_Part], strand: int) -> list[_Part]:
    """Coding segments with phases; unknown ones are counted from the 5' end."""
    if all(phase >= 0 for _, _, phase in cds):
        return cds
    order = list(reversed(cds)) if strand else list(cds)
    out: list[_Part] = []
    phase = max(order[0][2], 0)
    for start, end, given in order:
        phase = given if given >= 0 else phase
        out.append((start, end, phase))
        phase = (phase - (end - start)) % 3
    return out[::-1] if strand else out


def _write_helixer(
    out: TextIO, models: GeneModels, contigs: ContigTable, species: str, model_digest: str | None
) -> None:
    """HelixerPost's file: parts of minus-strand genes in descending order, an ID for every segment, nothing escaped."""
    genes = models.genes
    ids = [str(name) for name in genes["id"]]
    place = genes["contig"].tolist()
    order = sorted(range(len(ids)), key=lambda row: (place[row], len(ids[row]), ids[row]))
    strands, starts, ends = (genes[name].tolist() for name in ("strand", "start", "end"))
    transcripts = _transcripts_by_gene(models)
    out.write(f"##gff-version 3.2.1\n##species {species}\n")
    if model_digest:
        out.write(f"# {model_digest}\n")
    waiting = iter(order)
    row = next(waiting, None)
    for contig, (seqid, length) in enumerate(zip(contigs.names.tolist(), contigs.lengths.tolist(), strict=True)):
        out.write(f"##sequence-region {seqid} 1 {length}\n")
        left = (str(seqid), "Helixer")
        while row is not None and place[row] == contig:
            sign = "-" if strands[row] else "+"
            out.write(_line(left, "gene", starts[row], ends[row], ".", sign, ".", f"ID={ids[row]}"))
            for t in transcripts[row]:
                out.write(_line(left, "mRNA", t.start, t.end, ".", sign, ".", f"ID={t.name};Parent={ids[row]}"))
                out.writelines(_helixer_parts(t, left, sign, strands[row]))
            row = next(waiting, None)


def _helixer_parts(t: _Transcript, left: tuple[str, str], sign: str, strand: int) -> Iterator[str]:
    parts = [(start, end, "exon", ".") for start, end, _ in t.exons]
    parts += [(start, end, kind, ".") for start, end, kind, _ in _untranslated(t, strand)]
    parts += [(start, end, "CDS", str(phase)) for start, end, phase in _with_phases(t.cds, strand)]
    parts.sort(key=lambda part: (-part[1] if strand else part[0], part[2] != "exon"))
    counts: dict[str, int] = {}
    for start, end, kind, phase in parts:
        counts[kind] = counts.get(kind, 0) + 1
        yield _line(left, kind, start, end, ".", sign, phase, f"ID={t.name}.{kind}.{counts[kind]};Parent={t.name}")


def _transcripts_by_gene(models: GeneModels) -> list[list[_Transcript]]:
    table = models.transcripts
    exons = _parts_by_transcript(models.exons, len(table))
    cds = _parts_by_transcript(models.cds, len(table))
    out: list[list[_Transcript]] = [[] for _ in range(len(models.genes))]
    columns = (table[name].tolist() for name in ("id", "gene", "start", "end", "type", "partial5", "partial3"))
    for row, (name, gene, start, end, kind, partial5, partial3) in enumerate(zip(*columns, strict=True)):
        out[gene].append(_Transcript(str(name), start, end, kind, partial5, partial3, exons[row], cds[row]))
    return out


def _parts_by_transcript(frame: pd.DataFrame, n: int) -> list[list[_Part]]:
    out: list[list[_Part]] = [[] for _ in range(n)]
    parents, starts, ends = (frame[name].tolist() for name in ("transcript", "start", "end"))
    phases = frame["phase"].tolist() if "phase" in frame else [-1] * len(parents)
    for parent, start, end, phase in zip(parents, starts, ends, phases, strict=True):
        out[parent].append((start, end, phase))
    return out


def _line(
    left: tuple[str, str], kind: str, start: int, end: int, score: str, sign: str, phase: str, attributes: str
) -> str:
    return f"{left[0]}\t{left[1]}\t{kind}\t{start + 1}\t{end}\t{score}\t{sign}\t{phase}\t{attributes}\n"


def _partial_attributes(start: int, end: int, strand: int, partial5: bool, partial3: bool) -> str:
    """`partial` and the open end in the notation of NCBI: `start_range=.,12` says that the lower end is not known."""
    low, high = (partial3, partial5) if strand else (partial5, partial3)
    if not (low or high):
        return ""
    text = ";partial=true"
    if low:
        text += f";start_range=.,{start + 1}"
    if high:
        text += f";end_range={end},."
    return text


def _given_attributes(text: str) -> str:
    given = json.loads(text) if text else {}
    kept = {key: value for key, value in given.items() if key not in _OWN_ATTRIBUTES}
    return "".join(
        f";{_escape(str(key))}="
        + (",".join(_escape(str(v)) for v in value) if isinstance(value, list) else _escape(str(value)))
        for key, value in kept.items()
    )


def _escape(text: str) -> str:
    return _ATTRIBUTE_ESCAPES.sub(_percent, text)


def _seqid(contigs: ContigTable, contig: int) -> str:
    name = _SEQID_ESCAPES.sub(_percent, str(contigs.names[contig]))
    return f"%3E{name[1:]}" if name.startswith(">") else name


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _one_line(text: str) -> str:
    return quote(text, safe=" !\"#$&'()*+,/:;<=>?@[]^`{|}~").replace("\t", "%09") if text else ""
