"""Tab-separated tables that people make, in editors and spreadsheets: one reader for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from helixdask.errors import BadInputError
from helixdask.inputs.text import read_lines

_LONGEST_NUMBER: Final = 40
LONGEST_SEQUENCE: Final = 1 << 40
"""Bases that no sequence has: longer numbers in files are none."""


class Row(NamedTuple):
    """A line that is neither blank nor a remark: its fields without blanks around them, and where it stands."""

    fields: list[str]
    where: str


def read_rows(path: str | Path, what: str, header: Sequence[str] = ()) -> list[Row]:
    """Read the lines of a table without header.

    Blank lines and those that begin with ``#`` are skipped. Quotes around a field, as spreadsheets write them, are
    taken off.

    Parameters
    ----------
    path
        The file; see :func:`helixdask.inputs.text.read_lines` for what is allowed.
    what
        What is expected, for messages.
    header
        Names of columns: a first line that says just these is skipped.

    Raises
    ------
    BadInputError
        The file cannot be read as text.
    """
    rows = [
        Row([_unquoted(field.strip()) for field in line.split("\t")], f"{path}, line {number:,}")
        for number, line in enumerate(read_lines(path, what), 1)
        if line.strip() and not line.startswith("#")
    ]
    names = [name.lower() for name in header]
    return rows[1:] if names and rows and [field.lower() for field in rows[0].fields] == names else rows


def read_table(
    path: str | Path, what: str, columns: Sequence[str], needed: Sequence[str]
) -> list[tuple[dict[str, str], str]]:
    """Read a table whose first line names its columns.

    Parameters
    ----------
    path
        The file.
    what
        What it is, for messages, such as ``the sheet of libraries``.
    columns, needed
        All columns that may be there, and those that must be.

    Returns
    -------
    list of tuple
        Fields by column, without empty ones; and file and line.

    Raises
    ------
    BadInputError
        The file cannot be read as text, is empty, a column is missing, unknown or there twice, or a line has another
        number of fields than the first.
    """
    rows = read_rows(path, f"A tab-separated table ({what})")
    remedy = f"The first line names the columns, separated by tabs: {', '.join(columns)}."
    if not rows:
        raise BadInputError(f"{what} is empty", where=str(path), remedy=remedy)
    header = [field.lower() for field in rows[0].fields]
    if not set(needed) <= set(header) <= set(columns) or len(set(header)) < len(header):
        raise BadInputError(f"the columns are {', '.join(header)}", where=rows[0].where, remedy=remedy)
    for row in rows[1:]:
        if len(row.fields) != len(header):
            raise BadInputError(f"{len(row.fields)} fields where the first line has {len(header)}", where=row.where)
    return [
        ({column: field for column, field in zip(header, row.fields, strict=True) if field}, row.where)
        for row in rows[1:]
    ]


def read_names(path: str | Path) -> list[str]:
    """Read a list of names: words separated by blanks or line ends; of lines with tabs only the first field.

    So a list of contigs, a ``.fai`` and a table of lengths can be given.

    Raises
    ------
    BadInputError
        The file cannot be read as text, or names nothing.
    """
    rows = read_rows(path, "A list of names")
    names = [name for row in rows for name in (row.fields[:1] if len(row.fields) > 1 else row.fields[0].split())]
    if not names:
        raise BadInputError("the list of names is empty", where=str(path), remedy="Write one name a line.")
    return names


def number_in(text: str, low: int, high: int) -> int | None:
    """Return a whole number from a field, or None where it is none or outside ``[low, high]``.

    Numbers of any length are read in no time.
    """
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _LONGEST_NUMBER:
        return None
    return value if low <= (value := int(text)) <= high else None


def _unquoted(field: str) -> str:
    if len(field) > 1 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"').strip()
    return field
