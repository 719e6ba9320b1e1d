"""Settings of other tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from helixdask.settings import Name, NameTable, Shown


@dataclass(frozen=True, kw_only=True)
class TrackSettings:
    """What becomes of a file of intervals.

    Parameters
    ----------
    output
        Name of the track.
    types
        Of GFF3 only features of this type. May be repeated.
    aliases
        Table of other sequence names.
    """

    output: Name = "repeats"
    types: Annotated[tuple[str, ...], Shown(option="--type")] = ()
    aliases: NameTable | None = None
