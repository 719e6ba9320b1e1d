"""What a verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["damage", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Parameters
    ----------
    severity
        ``damage``: something is lost or not what was written. ``warning``: all that is there is sound.
    group
        Group of the store; empty: the store itself.
    path
        The object, array or contig, within the group; empty: the group as a whole.
    problem
        What is wrong with it.
    remedy
        What to do: commands one after the other, or a sentence.
    """

    severity: Severity
    group: str
    path: str
    problem: str
    remedy: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupState:
    """A group that was looked at.

    Parameters
    ----------
    group
        Its path.
    objects, bytes
        Number and size of the objects that its manifest lists; of a group without manifest those that are there.
    state
        ``sound``; ``damaged``; ``readable`` where there is no manifest and all that is there can be read.
    """

    group: str
    objects: int
    bytes: int
    state: Literal["sound", "damaged", "readable"]


@dataclass(frozen=True)
class Verification:
    """Result of verifying a store.

    Parameters
    ----------
    store
        Path or URL.
    quick
        Whether existence and size alone were compared.
    groups, findings
        What was looked at, and what was found.
    bytes_read, seconds
        Bytes that were read, and wall time.
    """

    store: str
    quick: bool
    groups: tuple[GroupState, ...]
    findings: tuple[Finding, ...]
    bytes_read: int
    seconds: float

    @property
    def damages(self) -> tuple[Finding, ...]:
        """Findings that mean that something is lost or wrong."""
        return tuple(found for found in self.findings if found.severity == "damage")

    @property
    def is_sound(self) -> bool:
        """Whether nothing is lost or wrong."""
        return not self.damages

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"store": self.store, "sound": self.is_sound, **asdict(self)}
