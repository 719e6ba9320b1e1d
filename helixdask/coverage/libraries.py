"""Libraries: named BAM files with their protocol, from the command line or from a sheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helixdask.coverage.rules import STRANDEDNESS
from helixdask.errors import BadInputError

__all__ = ["KINDS", "Library", "libraries_from_paths", "read_libraries"]

KINDS = ("rnaseq", "longread")
"""Kinds of libraries: short and long RNA reads; both give coverage and spliced coverage."""

COLUMNS = ("name", "path", "kind", "strandedness")
GOOD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Library:
    """One sequencing library.

    Parameters
    ----------
    name
        Names its group in the store: letters, digits and `_ . + -`.
    path
        The BAM file.
    kind
        One of `KINDS`.
    strandedness
        `unstranded`, `forward` (read 1 is sense) or `reverse` (read 2 is sense: dUTP).

    Raises
    ------
    BadInputError
        If a field has a value that is not allowed.
    """

    name: str
    path: str
    kind: str = "rnaseq"
    strandedness: str = "unstranded"

    def __post_init__(self) -> None:
        if not GOOD_NAME.fullmatch(self.name):
            raise BadInputError(
                f"`{self.name}` cannot name a library", where=self.path, remedy="Use letters, digits and _ . + - only."
            )
        if self.kind not in KINDS:
            raise BadInputError(
                f"the kind of library `{self.name}` is `{self.kind}`",
                where=self.path,
                remedy=f"Known kinds: {', '.join(KINDS)}.",
            )
        if self.strandedness not in STRANDEDNESS:
            raise BadInputError(
                f"the strandedness of library `{self.name}` is `{self.strandedness}`",
                where=self.path,
                remedy=f"Use one of: {', '.join(STRANDEDNESS)}.",
            )


def libraries_from_paths(paths: Sequence[str], strandedness: str, kind: str = "rnaseq") -> list[Library]:
    """Make libraries of one protocol from BAM paths; each is named after its file, without `.bam`.

    Parameters
    ----------
    paths
        BAM files.
    strandedness, kind
        Of all of them.

    Raises
    ------
    BadInputError
        If a path is given twice or two files have the same name.
    """
    libraries = []
    for path in paths:
        stem = re.sub(r"[^A-Za-z0-9_.+-]", "_", re.sub(r"\.bam$", "", Path(path).name, flags=re.IGNORECASE)).lstrip(
            ".-+"
        )
        libraries.append(Library(stem or "library", path, kind, strandedness))
    return _checked(libraries, "--bam")


def read_libraries(sheet: str) -> list[Library]:
    """Read a sheet of libraries: tab-separated, first line `name path kind strandedness`.

    Blank lines and lines that begin with `#` are skipped. Paths are relative to the sheet. `kind` may be left out
    (`rnaseq`).

    Parameters
    ----------
    sheet
        Path of the sheet.

    Raises
    ------
    BadInputError
        If the sheet cannot be read, a column is missing or unknown, a value is not allowed, or a name or path comes
        twice.
    """
    try:
        text = Path(sheet).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"cannot read the sheet of libraries ({error})", where=sheet) from error
    rows = [
        (number, fields)
        for number, fields in enumerate(csv.reader(text.splitlines(), delimiter="\t"), start=1)
        if any(field.strip() for field in fields) and not fields[0].startswith("#")
    ]
    if not rows:
        raise BadInputError("the sheet of libraries is empty", where=sheet, remedy=f"Columns: {', '.join(COLUMNS)}.")
    header = [field.strip().lower() for field in rows[0][1]]
    missing = [column for column in ("name", "path", "strandedness") if column not in header]
    unknown = [column for column in header if column not in COLUMNS]
    if missing or unknown or len(set(header)) < len(header):
        raise BadInputError(
            f"the columns of the sheet are {', '.join(header)}",
            where=f"{sheet}, line {rows[0][0]}",
            remedy=f"The first line names the columns, separated by tabs: {', '.join(COLUMNS)}.",
        )
    libraries = []
    for number, fields in rows[1:]:
        if len(fields) != len(header):
            raise BadInputError(
                f"{len(fields)} fields where the first line has {len(header)}", where=f"{sheet}, line {number}"
            )
        row = {column: field.strip() for column, field in zip(header, fields, strict=True)}
        if not row["path"]:
            raise BadInputError("no path", where=f"{sheet}, line {number}")
        path = str(Path(sheet).parent / row["path"])
        try:
            libraries.append(Library(row["name"], path, row.get("kind") or "rnaseq", row["strandedness"]))
        except BadInputError as error:
            raise BadInputError(error.problem, where=f"{sheet}, line {number}", remedy=error.remedy) from error
    if not libraries:
        raise BadInputError("the sheet lists no library", where=sheet)
    return _checked(libraries, sheet)


def _checked(libraries: list[Library], where: str) -> list[Library]:
    names: dict[str, str] = {}
    paths: dict[Path, str] = {}
    for library in libraries:
        real = Path(library.path).resolve()
        if real in paths:
            raise BadInputError(f"{library.path} is given twice", where=where, remedy="Leave one of them out.")
        if library.name in names:
            raise BadInputError(
                f"{names[library.name]} and {library.path} are both called `{library.name}`",
                where=where,
                remedy="Give them different names in a sheet of libraries (--libraries).",
            )
        names[library.name] = library.path
        paths[real] = library.name
    return libraries
