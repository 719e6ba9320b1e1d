"""One family of exceptions: each says what is wrong, where, and what to do about it.

The command line turns them into one message and an exit code (2 for bad input or usage, 1 for work that failed);
they never reach a user as a traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from helixdask.public_names import without_secrets


class HelixdaskError(Exception):
    """What is wrong, where it was found, and the remedy.

    Parameters
    ----------
    problem
        One sentence without a full stop.
    where
        File, record, line, contig or store path.
    remedy
        What the user can do.

    Credentials and queries of URLs are stripped from all three.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.problem = without_secrets(problem)
        self.where = without_secrets(where) if where is not None else None
        self.remedy = without_secrets(remedy) if remedy is not None else None
        super().__init__(self.problem, self.where, self.remedy)

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}\n  {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.problem, self.where, self.remedy))


def _rebuild(kind: type[HelixdaskError], problem: str, where: str | None, remedy: str | None) -> HelixdaskError:
    return kind(problem, where=where, remedy=remedy)


class BadInputError(HelixdaskError):
    """A file, record or option that cannot be used."""

    exit_code = 2


class MissingInputError(BadInputError):
    """Something a command needs is not in the store, or is there more than once."""


class NamesDifferError(BadInputError):
    """Files call the sequences otherwise than the genome; ``table`` is the proposal that was written, or None."""

    table: str | None = None


class AlreadyExistsError(BadInputError):
    """An output of that name is there already, made with other settings."""


class StoreFormatError(BadInputError):
    """Not a store, or a store of a format this version cannot read."""


class MissingDependencyError(BadInputError):
    """An optional dependency is not installed."""


class StoreBusyError(HelixdaskError):
    """Another process is writing the same group of the store."""


class StoreChangedError(HelixdaskError):
    """A group was replaced while it was being read."""


class StoreDamagedError(HelixdaskError):
    """Objects of a published group are missing, or are not what was written.

    ``where`` names the store, the group and, where it is known, the object.
    """


class DiskFullError(HelixdaskError):
    """No space was left; what was finished is kept."""


class StageFailedError(HelixdaskError):
    """A region task failed again and again."""


class InternalError(HelixdaskError):
    """A broken promise inside helixdask itself."""


def words_of(error: BaseException, *, typed: bool = False) -> str:
    """What an exception says; its type where it says nothing, as timeouts do. Both with ``typed``."""
    text, kind = str(error).strip(), type(error).__name__
    if not text:
        return kind
    return f"{kind}: {text}" if typed else text


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Note on exceptions of other kinds what was being done, such as ``making predictions/base``."""
    try:
        yield
    except HelixdaskError:
        raise
    except Exception as error:
        error.add_note(f"while {what}")
        raise
