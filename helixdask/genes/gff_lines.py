"""Lines of a GFF3 or GTF file as a table of the rows that gene models are made of."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

import numpy as np
import pandas as pd

from helixdask.errors import BadInputError
from helixdask.genes.gff_types import OTHER, level_of

__all__ = ["GffRows", "plain", "read_rows"]

_BATCH: Final = 200_000
_ID: Final = re.compile(r"(?:^|;)\s*ID=([^;]*)")
_PARENT: Final = re.compile(r"(?:^|;)\s*Parent=([^;]*)")
_TAG: Final = re.compile(r"(?:^|;)\s*(?:transcript_id|gene_id|geneID|locus_tag)=([^;]*)")
_GTF_TRANSCRIPT: Final = re.compile(r"(?:^|;)\s*transcript_id\s+\"?([^\";]*)")
_GTF_GENE: Final = re.compile(r"(?:^|;)\s*gene_id\s+\"?([^\";]*)")
_GTF: Final = re.compile(r"(?:^|;)\s*(?:gene|transcript)_id\s+[\"\w]")
_GFF3: Final = re.compile(r"(?:^|;)\s*(?:ID|Parent)=")
_STRANDS: Final = {"+": 0, "-": 1}
_PHASES: Final = {"0": 0, "1": 1, "2": 2}


class GffRows(NamedTuple):
    """Rows that may be part of a gene model, in file order.

    ``frame`` has the columns line, seqid, source, type, level, start (0-based), end, score, strand (-1 none), phase
    (-1 none), attributes, id, parents (comma-joined, as written) and tag (another attribute that groups rows); empty
    text where there is none. ``types`` counts the rows of every type left out.
    """

    frame: pd.DataFrame
    types: Counter[str]
    seqids: Counter[str]
    is_gtf: bool


def read_rows(path: str | Path) -> GffRows:
    """Read a GFF3 or GTF file, plain or gzip.

    Raises
    ------
    BadInputError
        The file cannot be read, or a line is none of GFF; names file and line.
    """
    columns: list[list[object]] = [[] for _ in range(9)]
    skipped: Counter[str] = Counter()
    seqids: Counter[str] = Counter()
    for numbers, fields in _batches(Path(path)):
        seqids.update(field[0] for field in fields)
        levels = [level_of(field[2]) for field in fields]
        keep = [
            row for row, level in enumerate(levels) if level < OTHER or (level == OTHER and "ID=" in fields[row][8])
        ]
        kept = set(keep)
        skipped.update(field[2] for row, field in enumerate(fields) if row not in kept)
        for column, values in zip(columns, _converted(path, numbers, fields, keep, levels), strict=True):
            column.extend(values)
    names = ("line", "seqid", "source", "type", "level", "start", "end", "score", "strand_phase_attributes")
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)))
    triples = frame.pop("strand_phase_attributes")
    frame["strand"] = np.array([t[0] for t in triples], np.int8)
    frame["phase"] = np.array([t[1] for t in triples], np.int8)
    frame["attributes"] = np.array([t[2] for t in triples], object)
    frame = frame.astype({"line": "int64", "level": "int8", "start": "int64", "end": "int64", "score": "float32"})
    is_gtf = _add_relations(frame)
    return GffRows(frame, skipped, seqids, is_gtf)


def _batches(path: Path) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Line numbers and the nine fields of feature lines, some at a time."""
    number = 0
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
        with (gzip.open if is_gzip else open)(path, "rt", encoding="utf-8", errors="replace") as handle:
            ended = False
            while not ended and (lines := list(islice(handle, _BATCH))):
                numbers: list[int] = []
                fields: list[list[str]] = []
                for index, line in enumerate(lines, number + 1):
                    if line[0] == "#":
                        if line.startswith("##FASTA"):
                            ended = True
                            break
                        continue
                    if line[0] == ">":
                        ended = True
                        break
                    text = line.rstrip("\r\n")
                    if text and not text.isspace():
                        numbers.append(index)
                        fields.append(text.split("\t", 8))
                number += len(lines)
                for index, parts in zip(numbers, fields, strict=True):
                    if len(parts) == 8:
                        parts.append("")
                    elif len(parts) != 9:
                        raise BadInputError(
                            f"a line with {len(parts)} tab-separated columns, not 9",
                            where=f"{path}, line {index}",
                            remedy="Is this GFF3 or GTF? Columns must be separated by tabs, not spaces.",
                        )
                yield numbers, fields
    except FileNotFoundError:
        raise BadInputError("no such file", where=str(path)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(
            f"cannot be read: {error}", where=f"{path}, after line {number}", remedy="Is the file complete?"
        ) from error


def _converted(
    path: str | Path, numbers: list[int], fields: list[list[str]], keep: list[int], levels: list[int]
) -> tuple[list[object], ...]:
    lines: list[object] = [numbers[row] for row in keep]
    kept = [fields[row] for row in keep]
    starts: list[object] = []
    ends: list[object] = []
    scores: list[object] = []
    rest: list[object] = []
    for number, field in zip(lines, kept, strict=True):
        try:
            starts.append(int(field[3]) - 1)
            ends.append(int(field[4]))
            scores.append(np.nan if field[5] in (".", "") else float(field[5]))
        except ValueError:
            raise BadInputError(
                f"start, end and score must be numbers: {field[3]!r}, {field[4]!r}, {field[5]!r}",
                where=f"{path}, line {number}",
            ) from None
        if field[6] not in ("+", "-", ".", "?"):
            raise BadInputError(f"the strand is {field[6]!r}, not + or -", where=f"{path}, line {number}")
        rest.append((_STRANDS.get(field[6], -1), _PHASES.get(field[7], -1), field[8]))
    first: list[object] = [unquote(f[0]) if "%" in f[0] else f[0] for f in kept]
    return (
        lines,
        first,
        [f[1] for f in kept],
        [f[2] for f in kept],
        [levels[row] for row in keep],
        starts,
        ends,
        scores,
        rest,
    )


def _add_relations(frame: pd.DataFrame) -> bool:
    """Add id, parents and tag to each row; tells whether the file is GTF."""
    texts: list[str] = frame["attributes"].tolist()
    sample = texts[:2000]
    is_gtf = sum(bool(_GTF.search(t)) for t in sample) > sum(bool(_GFF3.search(t)) for t in sample)
    ids, parents, tags = _gtf_relations(frame, texts) if is_gtf else _gff3_relations(texts)
    frame["id"] = np.array(ids, object)
    frame["parents"] = np.array(parents, object)
    frame["tag"] = np.array(tags, object)
    return is_gtf


def _first(match: re.Match[str] | None) -> str:
    return match.group(1).strip().strip('"') if match else ""


def plain(text: str) -> str:
    """Undo percent-encoding."""
    return unquote(text) if "%" in text else text


def _gff3_relations(texts: list[str]) -> tuple[list[str], list[str], list[str]]:
    # Parents stay encoded: an encoded comma must not split them.
    ids = [plain(_first(_ID.search(text))) for text in texts]
    parents = [_first(_PARENT.search(text)) for text in texts]
    tags = [
        ""
        if parent
        else plain(_first(_TAG.search(text))) or (text.strip() if text and "=" not in text and ";" not in text else "")
        for text, parent in zip(texts, parents, strict=True)
    ]
    return ids, parents, tags


def _gtf_relations(frame: pd.DataFrame, texts: list[str]) -> tuple[list[str], list[str], list[str]]:
    level = frame["level"].tolist()
    bare = ["" if _GTF.search(text) else text.strip().rstrip(";") for text in texts]
    transcript = [_first(_GTF_TRANSCRIPT.search(text)) for text in texts]
    gene = [_first(_GTF_GENE.search(text)) for text in texts]
    gene_of = {t: g for t, g in zip(transcript, gene, strict=True) if t and g}
    ids: list[str] = []
    parents: list[str] = []
    for row, row_level in enumerate(level):
        if row_level == 0:
            ids.append(gene[row] or bare[row])
            parents.append("")
        elif row_level == 1:
            name = transcript[row] or bare[row]
            ids.append(name)
            parents.append(_encoded(gene[row] or gene_of.get(name, "")))
        else:
            ids.append("")
            parents.append(_encoded(transcript[row]))
    return ids, parents, gene


def _encoded(text: str) -> str:
    """Hide what would be read as a list or an escape."""
    return text.replace("%", "%25").replace(",", "%2C") if "%" in text or "," in text else text
