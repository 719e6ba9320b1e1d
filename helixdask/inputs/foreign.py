"""Where the exceptions of other libraries become ours: a damaged file is a named error, whoever notices it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from helixdask.errors import BadInputError, HelixdaskError, words_of

COPY_AGAIN: Final = "The file is damaged or cut short: copy or make it again."
_LONGEST: Final = 160
_NO_SPACE: Final = frozenset({28, 122})  # ENOSPC, EDQUOT
_NAMED: Final = (LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError)
"""Exceptions whose text alone says nothing."""


@contextmanager
def foreign_errors(where: str | Path, problem: str = "cannot be read", remedy: str = COPY_AGAIN) -> Iterator[None]:
    """Turn whatever a library raises about a file into :class:`~helixdask.errors.BadInputError`.

    Put it around calls that only look at the file: h5py, pysam, pybigtools, isal, zipfile, json, Keras. Panics of
    libraries written in Rust are no `Exception`; they are caught too. Errors of our own, interruptions, and a disk
    without space pass through.

    Parameters
    ----------
    where
        File, and record where it is known.
    problem
        What could not be done.
    remedy
        What the user can do.

    Raises
    ------
    BadInputError
        Something was raised inside.

    Examples
    --------
    >>> import json
    >>> with foreign_errors("a.json"):
    ...     json.loads("{")
    Traceback (most recent call last):
    helixdask.errors.BadInputError: a.json: cannot be read (Expecting property name ...)
      The file is damaged or cut short: copy or make it again.
    """
    try:
        yield
    except HelixdaskError:
        raise
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise
        # Something else may be missing, such as what a library wrote aside.
        if isinstance(error, FileNotFoundError) and error.filename in (None, str(where)) and not Path(where).exists():
            raise BadInputError("no such file", where=str(where), remedy="Check the path.") from error
        raise BadInputError(f"{problem} ({reason(error)})", where=str(where), remedy=remedy) from error
    except Exception as error:
        raise BadInputError(f"{problem} ({reason(error)})", where=str(where), remedy=remedy) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of pyo3, which has no class to import
            raise
        raise BadInputError(f"{problem} ({reason(error)})", where=str(where), remedy=remedy) from error


def reason(error: BaseException) -> str:
    """The first line of what an exception says, with its kind where the text alone says nothing."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(words_of(error, typed=isinstance(error, _NAMED)).split())
    if "stderr=" in text:  # samtools, with its output before
        text = text.partition("stderr=")[2].replace("\\n", " ").strip("' ")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
