"""What reaches the terminal: helixdask's own words only, in characters that the terminal can show."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from typing import TextIO

from helixdask.public_names import PublicFormatter

VERBOSE = "--verbose"

_QUIET_ENVIRONMENT = {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", "HELIXDASK_QUIET": "1"}
"""For libraries that read it, and for processes started from here."""


class _Words(PublicFormatter):
    """A message as it is; of warnings it is said that they are."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"warning: {text}" if record.levelno >= logging.WARNING else text


class _TerminalHandler(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the time, but nothing that is for programs only, or that a bar shows."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(_Words("%(message)s"))
        self.addFilter(_is_for_people)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _is_for_people(record: logging.LogRecord) -> bool:
    kind = getattr(record, "told", {}).get("kind", "message")
    return kind in ("message", "check") or (kind == "progress" and not sys.stderr.isatty())


def log_to_terminal(*, verbose: bool, quiet: bool = False) -> None:
    """Show helixdask's log, when ``quiet`` its warnings only; with ``verbose`` also what other packages log.

    Without that their messages get a handler that drops them, since Python prints those that have none.
    """
    ours, root = logging.getLogger("helixdask"), logging.getLogger()
    for logger in (ours, root):
        for handler in [handler for handler in logger.handlers if isinstance(handler, _TerminalHandler)]:
            logger.removeHandler(handler)
    handler = _TerminalHandler()
    handler.setLevel(logging.WARNING if quiet else logging.NOTSET)
    (root if verbose else ours).addHandler(handler)
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    if not any(isinstance(handler, logging.NullHandler) for handler in root.handlers):
        root.addHandler(logging.NullHandler())


def only_our_words() -> None:
    """Hold back the warnings of other packages, here and in processes that are started from here."""
    warnings.simplefilter("ignore")
    for name, value in _QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def only_what_it_can_show() -> None:
    """Replace characters that a terminal or a file behind ``>`` has no code for, instead of failing after the work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # there is none at all for programs without a terminal
            stream.reconfigure(errors="replace")
