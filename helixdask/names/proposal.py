"""Which sequence is which, told by MD5 or length: other names are proposed, and never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from helixdask.store.contigs import ContigTable

_SHARE: Final = 0.5
"""Share of the bases whose lengths must be on both sides before lengths are believed."""


@dataclass(frozen=True)
class ForeignNames:
    """What a file calls its sequences.

    Parameters
    ----------
    file
        Its name, for messages.
    names
        All names, in order.
    lengths
        Bases of those for which the file tells.
    md5
        MD5 of the sequence, hexadecimal, of those for which the file tells.
    """

    file: str
    names: Sequence[str]
    lengths: Mapping[str, int] = field(default_factory=dict)
    md5: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """What can be told about the names of several files.

    Parameters
    ----------
    names
        Foreign name to the genome's.
    how
        For each of these ``MD5`` or ``length``.
    unlike
        Files that have no name in common with the genome, even with the aliases that were given.
    partly
        Files that have some, and others that the proposal tells.
    open_names
        For each file the names that stay unknown, in order.
    """

    names: dict[str, str] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    unlike: list[str] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)
    open_names: dict[str, list[str]] = field(default_factory=dict)

    def covers(self, names: Sequence[str]) -> bool:
        """Whether some of these names are told."""
        return any(name in self.names for name in names)


def propose(
    contigs: ContigTable, md5: Sequence[str], files: Sequence[ForeignNames], aliases: Mapping[str, str]
) -> Proposal:
    """Compare the names in files with those of the genome.

    A name that is the genome's, or that the aliases lead to it, is settled. Of the others each is matched with the
    sequences that no name of its file stands for: by MD5, or by a length that only one sequence has on either side.
    Lengths are believed where at least half of the bases, of the genome or of the file, are in sequences whose length
    is on both sides: two assemblies have few lengths in common. Names themselves are compared for equality only.

    Parameters
    ----------
    contigs
        Sequences of the genome.
    md5
        MD5 of each, hexadecimal; empty texts where it is not known.
    files
        What the files call theirs.
    aliases
        Foreign name to the genome's, given by the user.

    Returns
    -------
    Proposal
        A name that would stand for two sequences in two files is in no proposal.
    """
    found: dict[str, str] = {}
    how: dict[str, str] = {}
    clashes: set[str] = set()
    for file in files:
        for name, (ours, reason) in _matched(contigs, md5, file, aliases).items():
            if found.setdefault(name, ours) != ours:
                clashes.add(name)
            how.setdefault(name, reason)
    result = Proposal(
        {n: o for n, o in found.items() if n not in clashes}, {n: how[n] for n in how if n not in clashes}
    )
    for file in files:
        unknown = [name for name in file.names if name not in contigs and name not in aliases]
        if not file.names or not unknown:
            continue
        if len(unknown) == len(file.names):
            result.unlike.append(file.file)
        elif result.covers(unknown):
            result.partly.append(file.file)
        result.open_names[file.file] = [name for name in unknown if name not in result.names]
    return result


def _matched(
    contigs: ContigTable, md5: Sequence[str], file: ForeignNames, aliases: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """For each foreign name of a file that can be told: the genome's, and how."""
    settled = {name if name in contigs else aliases.get(name, "") for name in file.names}
    free = [row for row, name in enumerate(contigs.names.tolist()) if name not in settled]
    unknown = [name for name in file.names if name not in contigs and name not in aliases]
    by_md5 = _pairs(
        {name: file.md5[name] for name in unknown if name in file.md5},
        {str(contigs.names[row]): md5[row] for row in free if md5[row]},
    )
    taken = set(by_md5.values())
    lengths = dict(zip(contigs.names.tolist(), contigs.lengths.tolist(), strict=True))
    # A name whose MD5 is told is no sequence of the genome, whatever its length.
    told = file.md5 if any(md5) else {}
    theirs = {name: file.lengths[name] for name in unknown if name in file.lengths and name not in told}
    ours = {name: lengths[name] for name in contigs.names[free].tolist() if name not in taken}
    by_length = _pairs(theirs, ours) if _agree(theirs, ours) else {}
    return {name: (ours, "MD5") for name, ours in by_md5.items()} | {
        name: (ours, "length") for name, ours in by_length.items()
    }


def _pairs(theirs: Mapping[str, object], ours: Mapping[str, object]) -> dict[str, str]:
    """Names of one side by those of the other whose value is the same, and the only one of its kind on both sides."""
    counts, wanted = Counter(theirs.values()), Counter(ours.values())
    name_of = {value: name for name, value in ours.items()}
    return {name: name_of[value] for name, value in theirs.items() if counts[value] == 1 and wanted.get(value) == 1}


def _agree(theirs: Mapping[str, int], ours: Mapping[str, int]) -> bool:
    """Whether lengths are of one assembly: those that are on both sides make up half of the smaller one."""
    common = Counter(theirs.values()) & Counter(ours.values())
    bases = sum(length * n for length, n in common.items())
    return bases >= _SHARE * min(sum(theirs.values()), sum(ours.values()))
