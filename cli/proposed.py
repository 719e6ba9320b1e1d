"""The command to type when a table of names was proposed."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence

from helixdask.errors import BadInputError

__all__ = ["command_with", "table_proposed"]


@contextlib.contextmanager
def table_proposed() -> Iterator[None]:
    """Add to the refusal of files with other names the very command that takes the table that was proposed."""
    from helixdask.name_check import NamesDifferError

    try:
        yield
    except NamesDifferError as error:
        if error.table is None:
            raise
        command = command_with(sys.argv[1:], error.table)
        remedy = f"{error.remedy} The command is then:\n  {command}"
        raise BadInputError(error.problem, where=error.where, remedy=remedy) from error


def command_with(arguments: Sequence[str], table: str) -> str:
    """A command line of ours with another table of names, quoted for a shell."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if not skip and argument != "--aliases" and not argument.startswith("--aliases="):
            kept.append(argument)
        skip = argument == "--aliases" and not skip
    return shlex.join(["helixdask", *kept, "--aliases", table])
