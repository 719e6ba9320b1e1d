"""The sheet of libraries: a tab-separated table, one library a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from helixdask.coverage.kinds import TRANSCRIPT_READS, kind_of
from helixdask.coverage.libraries import Library, check_names
from helixdask.coverage.settings import ReadOptions
from helixdask.errors import BadInputError
from helixdask.inputs.tables import number_in, read_table
from helixdask.store.objects import is_url

_YES_NO: Final = MappingProxyType(
    {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False},
)
_PATHS: Final = ("path", "minus_path", "spliced_path", "spliced_minus_path")


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise ValueError(text)
    return _YES_NO[text.lower()]


def _quality(text: str) -> int:
    value = number_in(text, 0, 255)
    if value is None:
        raise ValueError(text)
    return value


def _length(text: str) -> int:
    value = number_in(text, 0, 1 << 31)
    if value is None:
        raise ValueError(text)
    return value


_READ_OPTIONS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "min_mapq": _quality,
        "count_duplicates": _yes_no,
        "count_supplementary": _yes_no,
        "count_secondary": _yes_no,
        "count_qc_failed": _yes_no,
        "mates_once": _yes_no,
        "max_intron": _length,
    }
)
_REMEDY: Final = MappingProxyType(
    {
        _quality: "Give a whole number from 0 to 255.",
        _length: "Give a number of bases.",
        float: "Give a number.",
        _yes_no: "Give yes or no.",
    }
)

COLUMNS: Final = ("name", "path", "kind", "strandedness", *_PATHS[1:], "strand", "scale", *_READ_OPTIONS)
"""All columns; `name` and `path` must be there. An empty field is the default."""


def read_libraries(sheet: str) -> list[Library]:
    """Read a sheet of libraries: tab-separated, the first line names the columns.

    Blank lines and lines that begin with `#` are skipped. Paths are relative to the sheet. A kind that is left out
    follows from the file's name: `alignments`, `bigwig`, `bedgraph`, else `rnaseq`.

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
    libraries = []
    for row, where in read_table(sheet, "the sheet of libraries", COLUMNS, ("name", "path")):
        try:
            libraries.append(_library(row, Path(sheet).parent))
        except BadInputError as error:
            raise BadInputError(error.problem, where=where, remedy=error.remedy) from error
    if not libraries:
        raise BadInputError("the sheet lists no library", where=sheet)
    check_names(libraries, sheet)
    return libraries


def _library(row: dict[str, str], folder: Path) -> Library:
    for column in ("name", "path"):
        if column not in row:
            raise BadInputError(f"no {column}")
    kind = row.get("kind") or kind_of(row["path"])
    if kind in TRANSCRIPT_READS and "strandedness" not in row:
        raise BadInputError(
            f"library `{row['name']}` has no strandedness",
            remedy="Give unstranded, forward, reverse (dUTP), or auto to find it out from the reads.",
        )
    paths = {
        column: row[column] if is_url(row[column]) else str(folder / row[column]) for column in _PATHS if column in row
    }
    reads = {column: _value(row, column, parse) for column, parse in _READ_OPTIONS.items() if column in row}
    return Library(
        row["name"],
        kind=kind,
        strandedness=row.get("strandedness", ""),
        reads=ReadOptions(**reads),
        strand=row.get("strand", "both"),
        scale=_value(row, "scale", float) if "scale" in row else None,
        **paths,
    )


def _value(row: dict[str, str], column: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(row[column])
    except ValueError:
        raise BadInputError(f"{column} is `{row[column]}`", remedy=_REMEDY[parse]) from None
