"""Other names of sequences: a table of two or more columns, or NCBI's assembly report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from helixdask.errors import BadInputError
from helixdask.inputs.tables import LONGEST_SEQUENCE, number_in
from helixdask.inputs.text import read_lines
from helixdask.store.contigs import UNKNOWN_LENGTH, ContigTable

_REPORT_NAMES: Final = ("Sequence-Name", "GenBank-Accn", "RefSeq-Accn", "UCSC-style-name")
_REPORT_LENGTH: Final = "Sequence-Length"
_NOTHING: Final = frozenset({"", "na", "n/a", "."})


def read_aliases(path: str | Path, contigs: ContigTable) -> dict[str, str]:
    """Read other names of the genome's sequences.

    A line of the table is a sequence: tab-separated names, one of which is the genome's or leads to it by another line.
    In NCBI's assembly report the names stand under Sequence-Name, GenBank-Accn, RefSeq-Accn and UCSC-style-name.

    Parameters
    ----------
    path
        The table or the report.
    contigs
        Sequences of the genome. What matches one of their names by itself needs no alias and gets none.

    Returns
    -------
    dict
        Foreign name to the genome's name. Sequences that the genome has not are left out.

    Raises
    ------
    BadInputError
        The file cannot be read, a line has one column only, a name stands for two sequences of the genome, names lead
        to each other in a circle, or a sequence of the report has another length; names file and line.
    """
    lines = read_lines(path, "A tab-separated table of names")
    header = next((h for line in lines if (h := _report_header(line))), None)
    rows = _report_rows(path, lines, header, contigs) if header else _table_rows(path, lines)
    return _resolved(path, list(rows), contigs)


def _report_header(line: str) -> list[str] | None:
    fields = line.lstrip("# ").rstrip().split("\t")
    return fields if sum(name in fields for name in _REPORT_NAMES) > 1 else None


def _report_rows(
    path: str | Path, lines: list[str], header: list[str], contigs: ContigTable
) -> Iterator[tuple[int, list[str]]]:
    columns = [header.index(name) for name in _REPORT_NAMES if name in header]
    length_at = header.index(_REPORT_LENGTH) if _REPORT_LENGTH in header else len(header)
    for number, line in enumerate(lines, 1):
        fields = line.rstrip().split("\t")
        if line.startswith("#") or not line.strip() or _report_header(line):
            continue
        names = [fields[k].strip() for k in columns if k < len(fields)]
        names = list(dict.fromkeys(name for name in names if name.lower() not in _NOTHING))
        if length_at < len(fields) and fields[length_at].isdecimal():
            stated = number_in(fields[length_at], 0, LONGEST_SEQUENCE)
            for name in names:
                ours = int(contigs.lengths[contigs.index(name)]) if name in contigs else UNKNOWN_LENGTH
                if ours not in (UNKNOWN_LENGTH, stated):
                    shown = f"more than {LONGEST_SEQUENCE:,}" if stated is None else f"{stated:,}"
                    raise BadInputError(
                        f"{name!r} has {shown} bases in the report and {ours:,} in the genome",
                        where=f"{path}, line {number}",
                        remedy="Use the report of the assembly that the genome's FASTA is from.",
                    )
        yield number, names


def _table_rows(path: str | Path, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        names = [name.strip() for name in line.split("\t")]
        names = [name for name in names if name]
        if len(names) < 2:
            raise BadInputError(
                "a line of names needs two tab-separated columns",
                where=f"{path}, line {number}",
                remedy="Write NAME<TAB>CONTIG, or give NCBI's assembly report.",
            )
        yield number, list(dict.fromkeys(names))


def _resolved(path: str | Path, rows: list[tuple[int, list[str]]], contigs: ContigTable) -> dict[str, str]:
    aliases: dict[str, str] = {}
    waiting: list[tuple[int, list[str]]] = []
    for number, names in rows:
        ours = [name for name in names if name in contigs]
        if len(ours) > 1:
            raise _ambiguous(path, number, names[0], ours[0], ours[1])
        if ours:
            _take(aliases, path, number, names, ours[0])
        else:
            waiting.append((number, names))
    # Names that lead to the genome by way of another line.
    while True:
        ready = [row for row in waiting if any(name in aliases for name in row[1])]
        if not ready:
            break
        for number, names in ready:
            _take(aliases, path, number, names, next(aliases[name] for name in names if name in aliases))
        done = {number for number, _ in ready}
        waiting = [row for row in waiting if row[0] not in done]
    _refuse_circles(path, waiting)
    return aliases


def _take(aliases: dict[str, str], path: str | Path, number: int, names: list[str], ours: str) -> None:
    for name in names:
        if name == ours:
            continue
        if aliases.setdefault(name, ours) != ours:
            raise _ambiguous(path, number, name, aliases[name], ours)


def _ambiguous(path: str | Path, number: int, name: str, one: str, other: str) -> BadInputError:
    return BadInputError(
        f"the name {name!r} would stand for {one!r} and {other!r}",
        where=f"{path}, line {number}",
        remedy="Each name may stand for one sequence of the genome only; names that match exactly need no line.",
    )


def _refuse_circles(path: str | Path, rows: list[tuple[int, list[str]]]) -> None:
    """Names that lead only to each other."""
    leads: dict[str, tuple[str, int]] = {}
    for number, names in rows:
        if len(names) == 2:
            leads[names[0]] = (names[1], number)
    for start in leads:
        name, seen = start, {start}
        while name in leads and leads[name][0] not in seen:
            name = leads[name][0]
            seen.add(name)
            if len(seen) > len(leads):
                break
        if name in leads and leads[name][0] == start and name != start:
            raise BadInputError(
                f"the names {start!r} and {name!r} lead to each other and to no sequence of the genome",
                where=f"{path}, line {leads[start][1]}",
                remedy="One of the columns must be the genome's name.",
            )
