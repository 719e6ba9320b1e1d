"""Libraries: named files of reads, alignments or ready-made tracks, with their protocol."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from helixdask.coverage.kinds import ALIGNMENTS, KINDS, READY_MADE, kind_of, without_ending
from helixdask.coverage.rules import STRANDEDNESS
from helixdask.coverage.settings import DEFAULT_READS, ReadOptions
from helixdask.errors import BadInputError
from helixdask.public_names import public_name
from helixdask.store.objects import is_url

AUTO: Final = "auto"
"""Strandedness that is to be found out from the reads."""

STRANDS: Final = ("both", "plus", "minus")
"""Where the values of a ready-made track without strands go."""

_DEFAULT_STRANDEDNESS: Final = MappingProxyType(
    {"rnaseq": "unstranded", "longread": "unstranded", "cage": "forward", "atac": "unstranded"}
)
_GOOD_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Library:
    """One library.

    Parameters
    ----------
    name
        Names its group in the store: letters, digits and `_ . + -`.
    path
        The file: BAM or CRAM; GFF3 of alignments; of ready-made tracks the one for both strands or for the plus strand.
    kind
        One of `KINDS`.
    strandedness
        Of reads: `unstranded`, `forward` (read 1 is sense), `reverse` (read 2 is sense: dUTP), or `auto`. Empty: what
        the kind has (`forward` for `cage`, else `unstranded`).
    reads
        Which reads count; of alignments only ``max_intron``.
    minus_path
        Ready-made tracks: the file for the minus strand; its values may be negative.
    spliced_path, spliced_minus_path
        Ready-made tracks: files of spliced coverage.
    strand
        Ready-made tracks in one file: the strand that they belong to, or `both`, alike.
    scale
        Ready-made tracks: values are multiplied by this and rounded. None: they are counts already.

    Raises
    ------
    BadInputError
        If a field has a value that is not allowed, or does not belong to the kind.
    """

    name: str
    path: str
    kind: str = "rnaseq"
    strandedness: str = ""
    reads: ReadOptions = DEFAULT_READS
    minus_path: str | None = None
    spliced_path: str | None = None
    spliced_minus_path: str | None = None
    strand: str = "both"
    scale: float | None = None

    def __post_init__(self) -> None:
        if not _GOOD_NAME.fullmatch(self.name):
            raise BadInputError(
                f"`{self.name}` cannot name a library", where=self.path, remedy="Use letters, digits and _ . + - only."
            )
        if self.kind not in KINDS:
            raise self._bad("kind", self.kind, f"Known kinds: {', '.join(KINDS)}.")
        if self.kind == ALIGNMENTS:
            self._check_alignments()
        elif self.is_ready_made:
            self._check_ready_made()
        else:
            self._check_reads()

    @property
    def is_ready_made(self) -> bool:
        """Whether the files hold tracks, not reads or alignments."""
        return self.kind in READY_MADE

    @property
    def paths(self) -> dict[str, str]:
        """All its files, by the field that names them."""
        fields = ("path", "minus_path", "spliced_path", "spliced_minus_path")
        return {field: path for field in fields if (path := getattr(self, field))}

    def _check_reads(self) -> None:
        if not self.strandedness:
            object.__setattr__(self, "strandedness", _DEFAULT_STRANDEDNESS[self.kind])
        if self.strandedness not in (*STRANDEDNESS, AUTO):
            raise self._bad(
                "strandedness",
                self.strandedness,
                f"Use one of: {', '.join((*STRANDEDNESS, AUTO))}; dUTP libraries are reverse.",
            )
        if self.kind == "atac" and self.strandedness != "unstranded":
            raise self._bad("strandedness", self.strandedness, "Cut sites have no sense: leave it out.")
        self._check_no_track()

    def _check_alignments(self) -> None:
        if is_url(self.path):
            raise BadInputError("files of alignments must be local", where=self.path, remedy="Copy it to this machine.")
        if self.strandedness:
            raise self._bad(
                "strandedness", self.strandedness, "Alignments have their strand in the file: leave it out."
            )
        self._check_no_track()
        if replace(self.reads, max_intron=None) != DEFAULT_READS:
            raise BadInputError(
                f"library `{self.name}` of kind `{self.kind}` has options for reads; of those it knows max_intron only",
                where=self.path,
            )

    def _check_no_track(self) -> None:
        extra = [field for field in self.paths if field != "path"]
        extra += ["strand"] if self.strand != "both" else []
        extra += ["scale"] if self.scale is not None else []
        if extra:
            raise BadInputError(
                f"library `{self.name}` of kind `{self.kind}` has {', '.join(extra)}, as only ready-made tracks have",
                where=self.path,
            )

    def _check_ready_made(self) -> None:
        if self.strandedness:
            raise self._bad(
                "strandedness", self.strandedness, "Tracks have minus_path, or strand (both, plus or minus) instead."
            )
        if self.strand not in STRANDS:
            raise self._bad("strand", self.strand, f"Use one of: {', '.join(STRANDS)}.")
        if self.minus_path and self.strand != "both":
            raise self._bad("strand", self.strand, "With minus_path each file has its strand already.")
        if bool(self.spliced_minus_path) != bool(self.spliced_path and self.minus_path):
            raise BadInputError(
                f"the files of library `{self.name}` are not paired by strand",
                where=self.path,
                remedy="Give spliced_minus_path exactly where minus_path and spliced_path are given.",
            )
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise self._bad("scale", f"{self.scale:g}", "Give a positive number.")
        if self.reads != DEFAULT_READS:
            raise BadInputError(
                f"library `{self.name}` of kind `{self.kind}` has options for reads, but no reads", where=self.path
            )

    def _bad(self, field: str, value: str, remedy: str) -> BadInputError:
        problem = (
            f"the {field} of library `{self.name}` is `{value}`" if value else f"library `{self.name}` has no {field}"
        )
        return BadInputError(problem, where=self.path, remedy=remedy)


def libraries_from_paths(
    paths: Sequence[str],
    strandedness: str,
    kind: str | None = None,
    reads: ReadOptions = DEFAULT_READS,
    where: str = "--bam",
) -> list[Library]:
    """Make libraries of one protocol from paths; each is named after its file, without its ending.

    Parameters
    ----------
    paths
        Files.
    strandedness, kind, reads
        Of all of them; the kind None is that which the file's name suggests.
    where
        Option that the paths come from, for messages.

    Raises
    ------
    BadInputError
        If a path is given twice or two files have the same name.
    """
    libraries = []
    for path in paths:
        stem = re.sub(r"[^A-Za-z0-9_.+-]", "_", without_ending(public_name(path))).lstrip(".-+")
        libraries.append(Library(stem or "library", path, kind or kind_of(path), strandedness, reads))
    check_names(libraries, where)
    return libraries


def check_names(libraries: Sequence[Library], where: str) -> None:
    """Check that no name and no file comes twice.

    Raises
    ------
    BadInputError
        One does.
    """
    names: dict[str, str] = {}
    paths: set[str] = set()
    for library in libraries:
        for path in library.paths.values():
            real = path if is_url(path) else str(Path(path).resolve())
            if real in paths:
                raise BadInputError(f"{path} is given twice", where=where, remedy="Leave one of them out.")
            paths.add(real)
        if library.name in names:
            raise BadInputError(
                f"{names[library.name]} and {library.path} are both called `{library.name}`",
                where=where,
                remedy="Give them different names in a sheet of libraries (--libraries).",
            )
        names[library.name] = library.path
