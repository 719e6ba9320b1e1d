"""Which lines of a table of other names an input needs: only those are an input of what is made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from helixdask.engine.identity import names_identity
from helixdask.names.aliases import read_aliases
from helixdask.store.contigs import ContigTable


def aliases_of(table: str | None, contigs: ContigTable) -> dict[str, str]:
    """Other names of the genome's sequences; none where there is no table. See :func:`read_aliases`."""
    return read_aliases(table, contigs) if table else {}


def needed_names(names: Iterable[str], contigs: ContigTable, aliases: Mapping[str, str]) -> dict[str, str]:
    """Names of a file that stand for others in the genome.

    Parameters
    ----------
    names
        Names in the file; those that the genome has need no other.
    contigs
        Sequences of the genome.
    aliases
        Foreign name to the genome's.
    """
    return {name: aliases[name] for name in names if name in aliases and name not in contigs}


def aliases_input(table: str | None, contigs: ContigTable, names: Callable[[], Iterable[str]]) -> dict[str, str]:
    """Input ``aliases`` of a stage: the names that its file needs of a table; nothing where it needs none.

    Parameters
    ----------
    table
        Table of other names, or None.
    contigs
        Sequences of the genome.
    names
        Gives the names in the stage's file; called only where there is a table.

    Raises
    ------
    BadInputError
        The table cannot be used.
    """
    if not table:
        return {}
    needed = needed_names(names(), contigs, read_aliases(table, contigs))
    return {"aliases": names_identity(table, needed)} if needed else {}
