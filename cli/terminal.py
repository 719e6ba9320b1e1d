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


class _TerminalHandler(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(PublicFormatter("%(message)s"))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def log_to_terminal(*, verbose: bool) -> None:
    """Show helixdask's log; with ``verbose`` also what other packages log.

    Without that their messages get a handler that drops them, since Python prints those that have none.
    """
    ours, root = logging.getLogger("helixdask"), logging.getLogger()
    for logger in (ours, root):
        for handler in [handler for handler in logger.handlers if isinstance(handler, _TerminalHandler)]:
            logger.removeHandler(handler)
    (root if verbose else ours).addHandler(_TerminalHandler())
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
