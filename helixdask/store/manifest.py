"""What a published group consists of: each object with its size and checksum.

A missing object of a Zarr array reads as the fill value, without an error. The manifest says which objects there
must be, so that what is lost is told from what was never written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import google_crc32c

from helixdask.errors import StoreDamagedError
from helixdask.store.objects import Folder

__all__ = ["ATTRIBUTES", "Damage", "Manifest", "ObjectRecord", "make_manifest", "manifest_name", "read_manifest"]

ATTRIBUTES = "zarr.json"
"""Object of a group that holds its attributes. These name the manifest, so it cannot be listed with its checksum."""

_DIGEST_DIGITS = 16


class ObjectRecord(NamedTuple):
    """Size in bytes and CRC-32C of an object."""

    size: int
    checksum: int

    @classmethod
    def of(cls, data: bytes) -> ObjectRecord:
        """Record of an object's bytes."""
        return cls(len(data), google_crc32c.value(data))


class Damage(NamedTuple):
    """One object that is not as it was published, and how it differs."""

    group: str
    path: str
    problem: str


@dataclass(frozen=True)
class Manifest:
    """The objects of one published group.

    Parameters
    ----------
    group
        Path of the group in the store.
    objects
        Record of each object by its path within the group, apart from the group's own attributes.
    attributes
        Checksum of the group's attributes, apart from those that publication adds.
    """

    group: str
    objects: Mapping[str, ObjectRecord]
    attributes: int

    def to_bytes(self) -> bytes:
        """The manifest as JSON; the same bytes for the same objects."""
        rows = [[path, *self.objects[path]] for path in sorted(self.objects)]
        document = {"group": self.group, "attributes": self.attributes, "objects": rows}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """The manifest that was written as JSON.

        Raises
        ------
        ValueError
            It is damaged.
        """
        try:
            document = json.loads(data)
            objects = {str(path): ObjectRecord(int(size), int(crc)) for path, size, crc in document["objects"]}
            return cls(str(document["group"]), objects, int(document["attributes"]))
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error

    @property
    def digest(self) -> str:
        """What identifies the content of the group: 16 hex digits."""
        return digest_of(self.to_bytes())

    @property
    def n_bytes(self) -> int:
        """Bytes of all objects."""
        return sum(record.size for record in self.objects.values())

    def missing_or_resized(self, folder: Folder) -> list[Damage]:
        """Objects that are not there, or have another size: one listing, nothing is read.

        Parameters
        ----------
        folder
            The group's folder.
        """
        sizes = folder.sizes()
        damages = []
        for path, record in self.objects.items():
            size = sizes.get(path)
            if size is None:
                damages.append(Damage(self.group, path, "is missing"))
            elif size != record.size:
                damages.append(Damage(self.group, path, f"has {size:,} bytes instead of {record.size:,}"))
        return damages


def digest_of(data: bytes) -> str:
    """Digest of a manifest's bytes."""
    import hashlib

    return hashlib.sha256(data).hexdigest()[:_DIGEST_DIGITS]


def attributes_checksum(attrs: Mapping[str, Any]) -> int:
    """CRC-32C of a group's attributes, apart from those that publication adds."""
    own = {name: value for name, value in attrs.items() if name not in ("complete", "manifest")}
    return int(google_crc32c.value(json.dumps(own, sort_keys=True, default=str).encode()))


def make_manifest(
    folder: Folder, group: str, attrs: Mapping[str, Any], written: Mapping[str, ObjectRecord]
) -> Manifest:
    """List the objects of a group that is about to be published.

    Parameters
    ----------
    folder
        Where the group was built.
    group
        Its path in the store.
    attrs
        Its attributes.
    written
        Records that the tasks made when they wrote, by path within the group. Other objects, such as tables and
        metadata, are read back.

    Raises
    ------
    StoreDamagedError
        An object that a task wrote is not there any more, or has another size.
    """
    objects: dict[str, ObjectRecord] = {}
    sizes = folder.sizes()
    for path, record in written.items():
        if sizes.get(path) != record.size:
            raise StoreDamagedError(
                f"{path} was written and is not there any more, or not whole",
                where=f"{folder.url}",
                remedy="Check the disk, then run the same command again.",
            )
    for path in sorted(sizes):
        if path == ATTRIBUTES:
            continue
        objects[path] = written[path] if path in written else ObjectRecord.of(folder.read(path) or b"")
    return Manifest(group, objects, attributes_checksum(attrs))


def manifest_name(group: str, digest: str) -> str:
    """Name of a group's manifest within the folder of manifests."""
    return f"{group}.{digest}.json"


def read_manifest(folder: Folder, group: str, digest: str) -> Manifest:
    """The manifest of a published group.

    Parameters
    ----------
    folder
        The store's folder.
    group, digest
        The group, and the digest that its attributes name.

    Raises
    ------
    StoreDamagedError
        It is not there, or not what was written.
    """
    name = f".manifests/{manifest_name(group, digest)}"
    data = folder.read(name)
    problem = "is missing"
    if data is not None:
        try:
            if digest_of(data) == digest:
                return Manifest.from_bytes(data)
        except ValueError:
            pass
        problem = "is damaged"
    raise StoreDamagedError(
        f"{name}, the list of the group's objects, {problem}",
        where=f"{folder.url}/{group}",
        remedy=remedy_for(group),
    )


def remedy_for(group: str) -> str:
    """What makes a damaged group anew."""
    return (
        f"See what else is damaged with: helixdask verify STORE. Then helixdask remove STORE {group}, "
        "and run the command that makes it again."
    )
