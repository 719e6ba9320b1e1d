"""The table of names that is proposed, as a file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

from helixdask.names.proposal import Proposal
from helixdask.store.objects import whole_file

_SHOWN: Final = 20

_FIRST: Final = "# Proposed by helixdask: name in a file, name in the genome. Check it, then give it with --aliases."


def write_table(path: Path, proposal: Proposal, given: Mapping[str, str]) -> Path:
    """Write a proposal as a table for ``--aliases``, whole or not at all.

    Parameters
    ----------
    path
        Where it goes. A file that is no earlier proposal stays as it is: the new one then gets a number in its name.
    proposal
        What was told.
    given
        Aliases that the user gave; they are in the table, too.

    Returns
    -------
    Path
        The file that was written.
    """
    free = (path.with_suffix(f".{n}{path.suffix}") if n else path for n in count())
    target = next(each for each in free if _is_ours(each))
    lines = [_FIRST]
    for reason in ("MD5", "length"):
        told = [name for name, how in proposal.how.items() if how == reason]
        lines += [f"# told by {reason}", *(f"{name}\t{proposal.names[name]}" for name in told)] if told else []
    lines += ["# given before", *(f"{name}\t{ours}" for name, ours in given.items())] if given else []
    lines += [f"# not told, {file}: {_some(names)}" for file, names in proposal.open_names.items() if names]
    with whole_file(target) as aside:
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def _is_ours(path: Path) -> bool:
    """Whether a file may be written: there is none, or it is a proposal."""
    if not path.exists():
        return True
    with path.open("rb") as file:
        return file.readline().decode("utf-8", "replace").strip() == _FIRST
