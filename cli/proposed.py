"""The command to type when a table of names was proposed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from helixdask.errors import HelixdaskError, NamesDifferError


def with_command(error: HelixdaskError, arguments: Sequence[str]) -> str:
    """Text of an error; where it proposes a table of names, with the very command that takes it."""
    if not isinstance(error, NamesDifferError) or error.table is None:
        return str(error)
    return f"{error} The command is then:\n  {command_with(arguments, error.table)}"


def command_with(arguments: Sequence[str], table: str) -> str:
    """A command line of ours with another table of names, quoted for a shell."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if not skip and argument != "--aliases" and not argument.startswith("--aliases="):
            kept.append(argument)
        skip = argument == "--aliases" and not skip
    return shlex.join(["helixdask", *kept, "--aliases", table])
