"""What can be told of a group without reading all of it, and which checks are left to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from helixdask.errors import HelixdaskError, StoreDamagedError
from helixdask.store.documents import GroupDocuments
from helixdask.store.manifest import (
    ATTRIBUTES,
    Damage,
    Manifest,
    attributes_checksum,
    manifest_name,
    manifests_of,
    read_manifest,
)
from helixdask.store.publication import MANIFESTS
from helixdask.store.store import Store
from helixdask.verification.checks import Check, checksum_checks, contig_checks, length_damages, read_checks


@dataclass
class Inspected:
    """A group, as far as it is known.

    Parameters
    ----------
    group
        Its path.
    manifest
        What it consists of; None where that is not known.
    damages
        What is wrong.
    checks
        What has still to be read.
    objects, bytes
        Number and size of its objects.
    """

    group: str
    manifest: Manifest | None = None
    damages: list[Damage] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0

    def add(self, damages: Iterable[Damage]) -> None:
        """Add what was found; an object that is known to be damaged is named once."""
        known = {damage.path for damage in self.damages}
        self.damages += [damage for damage in damages if damage.path not in known]


def inspect_group(store: Store, group: str, *, quick: bool) -> Inspected:
    """Compare a group's attributes, the list of its objects and the lengths of its arrays.

    Parameters
    ----------
    store
        The store, opened without checks.
    group
        The group.
    quick
        Leave out what reads all of it.
    """
    found = Inspected(group)
    found.manifest = _manifest(store, group, found)
    below = store.folder.folder(group)
    if found.manifest is not None:
        found.objects, found.bytes = len(found.manifest.objects), found.manifest.n_bytes
        found.add(found.manifest.missing_or_resized(below))
        missing = {damage.path for damage in found.damages}
        documents = [path for path in found.manifest.documents if path not in missing]
        altered = (found.manifest.altered(below, path) for path in documents)
        found.add(damage for damage in altered if damage is not None)
        if not quick:
            found.checks.extend(checksum_checks(found.manifest, {*(one.path for one in found.damages), *documents}))
    else:
        sizes = below.sizes()
        found.objects, found.bytes = len(sizes), sum(sizes.values())
    if not any(damage.path.endswith(ATTRIBUTES) for damage in found.damages):
        _look_inside(store, found, quick=quick)
    return found


def _look_inside(store: Store, found: Inspected, *, quick: bool) -> None:
    """Lengths of arrays, and what to read of them: the metadata are sound, or nothing tells whether they are."""
    try:
        found.add(length_damages(store, found.group))
        if not quick and found.manifest is None:
            found.checks.extend(read_checks(store, found.group))
    except HelixdaskError as error:
        if not found.damages:
            found.add([Damage(found.group, "", error.problem)])


def sequence_checks(store: Store, found: Inspected) -> list[Check]:
    """Checks of the sequence of each contig, when all objects of the genome are known to be sound."""
    if found.damages or not store.has_array("genome/sequence"):
        return []
    n_bases, length = store.n_bases, len(store.array("genome/sequence"))
    if n_bases != length:
        found.add([Damage("genome", "contig_length", f"adds up to {n_bases:,}, the sequence has {length:,} bases")])
        return []
    return list(contig_checks(store.contigs))


def _manifest(store: Store, group: str, found: Inspected) -> Manifest | None:
    """The group's manifest; where its attributes are lost or name another one, the only one that there is."""
    kind, _, name = group.rpartition("/")
    there = manifests_of(store.folder, kind).get(name, [])
    try:
        attrs = GroupDocuments(store.folder, None, check=False).attrs(group)
        digest = attrs.get("manifest")
        if digest is None:
            return None
        if digest not in there and there:
            found.add([Damage(group, ATTRIBUTES, "its attributes name a manifest that is not there")])
    except StoreDamagedError as error:
        attrs, digest = {}, None
        found.add([Damage(group, ATTRIBUTES, error.problem)])
    if digest not in there and len(there) == 1:
        digest = there[0]
    if digest is None:
        return None
    try:
        manifest = read_manifest(store.folder, group, str(digest))
    except StoreDamagedError:
        path = f"{MANIFESTS}/{manifest_name(group, str(digest))}"
        found.add([Damage(group, path, "the list of the group's objects is missing or damaged")])
        return None
    if attrs and manifest.attributes != attributes_checksum(attrs):
        found.add([Damage(group, ATTRIBUTES, "its attributes do not match their checksum")])
    return manifest
