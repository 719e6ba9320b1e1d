"""A log for programs: one JSON object on each line, of what a command says, how far it is, and what came out."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from helixdask.cli.plain import plain
from helixdask.errors import BadInputError
from helixdask.public_names import PublicFormatter

_FORMAT = PublicFormatter("%(message)s")


class JsonLines(logging.Handler):
    """Writes each record as a line: time, kind, level, text, and what else the record tells.

    Parameters
    ----------
    path
        File that is written to; what is there stays, so that a command given again goes on in the same file.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise BadInputError(
                f"cannot write: {error.strerror or error}", where=str(path), remedy="Choose another --log-json file."
            ) from error

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, at once."""
        told: dict[str, Any] = getattr(record, "told", {})
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "kind": "message",
            "level": record.levelname.lower(),
            "text": _FORMAT.format(record),
            **told,
        }
        try:
            self._file.write(json.dumps(plain(line), allow_nan=False) + "\n")
        except (OSError, ValueError):
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
