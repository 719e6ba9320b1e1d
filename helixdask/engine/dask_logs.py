"""Log lines and warnings of Dask and its libraries: not for users, to whom helixdask tells what they mean."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

_FAMILIES = ("distributed", "tornado", "asyncio", "bokeh")


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Keep log lines and warnings of Dask from the terminal, unless debug messages of helixdask are wanted.

    Dask must have been imported before: importing it makes loggers, with handlers of their own.
    """
    if logging.getLogger("helixdask").isEnabledFor(logging.DEBUG):
        yield
        return
    before = [(logger, logger.disabled, logger.handlers[:], logger.propagate) for logger in _loggers()]
    try:
        silence()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, disabled, handlers, propagate in before:
            logger.disabled, logger.handlers, logger.propagate = disabled, handlers, propagate


def silence() -> None:
    """Keep log lines of Dask from the terminal from now on."""
    for logger in _loggers():
        logger.disabled = True
    for name in _FAMILIES:  # for loggers that are made later
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False


def _loggers() -> list[logging.Logger]:
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in _FAMILIES]
    return [logging.getLogger(name) for name in {*_FAMILIES, *names}]
