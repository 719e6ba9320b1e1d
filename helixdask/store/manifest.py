"""What a published group consists of: each object with its size and checksum.

A missing object of a Zarr array reads as the fill value, without an error. The manifest says which objects there
must be, so that what is lost is told from what was never written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib

from helixdask.errors import StoreDamagedError
from helixdask.store.objects import Folder

ATTRIBUTES = "zarr.json"
"""Object of a group that holds its attributes. These name the manifest, so it cannot be listed with its checksum."""

_DIGEST_DIGITS = 16
MANIFEST = re.compile(rf"(.+)\.([0-9a-f]{{{_DIGEST_DIGITS}}})\.json")
_IS_READ = re.compile(rf"/(c(/\d+)*|{re.escape(ATTRIBUTES)})$")
"""Objects that readers of a Zarr hierarchy would take for a part of it, apart from the group's own attributes."""


class ObjectRecord(NamedTuple):
    """Size in bytes and CRC-32 (that of gzip) of an object.

    Not CRC-32C: chunks end in their own, and the CRC-32C of whatever ends in its CRC-32C is always the same number.
    """

    size: int
    checksum: int

    @classmethod
    def of(cls, data: bytes) -> ObjectRecord:
        """Record of an object's bytes."""
        return cls(len(data), isal_zlib.crc32(data))


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

    @property
    def documents(self) -> list[str]:
        """Objects that hold the metadata of arrays and groups below."""
        return [path for path in self.objects if path.endswith(f"/{ATTRIBUTES}")]

    def missing_or_resized(self, folder: Folder) -> list[Damage]:
        """Objects that are not there, have another size, or do not belong there: one listing, nothing is read.

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
        added = (path for path in sizes.keys() - self.objects.keys() if _IS_READ.search(path))
        damages += [Damage(self.group, path, "was added after publication") for path in sorted(added)]
        return damages

    def altered(self, folder: Folder, path: str) -> Damage | None:
        """How the bytes of an object differ from those that were published; None where they do not."""
        record, data = self.objects[path], folder.read(path)
        if data is None:
            return Damage(self.group, path, "is missing")
        if len(data) != record.size:
            return Damage(self.group, path, f"has {len(data):,} bytes instead of {record.size:,}")
        if ObjectRecord.of(data) != record:
            return Damage(self.group, path, "does not match its checksum")
        return None


def digest_of(data: bytes) -> str:
    """Digest of a manifest's bytes."""
    return hashlib.sha256(data).hexdigest()[:_DIGEST_DIGITS]


def attributes_checksum(attrs: Mapping[str, Any]) -> int:
    """CRC-32 of a group's attributes, apart from those that publication adds."""
    return json_checksum({name: value for name, value in attrs.items() if name not in ("complete", "manifest")})


def json_checksum(value: Any) -> int:
    """CRC-32 of a value as it is when it was written as JSON and read back."""
    return checksum_of_read(json.loads(json.dumps(value, default=plain_value)))


def checksum_of_read(value: Any) -> int:
    """The same of a value that was read from JSON."""
    return int(isal_zlib.crc32(json.dumps(value, sort_keys=True).encode()))


def plain_value(value: Any) -> Any:
    """A value that JSON does not know, as one that it does."""
    return value.item() if isinstance(value, np.generic) else str(value)


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
        Records that were made when objects were written, by path within the group. Other objects, such as those that
        an earlier process wrote, are read back.

    Raises
    ------
    StoreDamagedError
        An object that a task wrote is not there any more, or has another size.
    """
    sizes = folder.sizes()
    for path, record in written.items():
        if sizes.get(path) != record.size:
            raise StoreDamagedError(
                f"{path} was written and is not there any more, or not whole",
                where=f"{folder.url}",
                remedy="Check the disk, then run the same command again.",
            )
    unknown = [path for path in sizes if path not in written and path != ATTRIBUTES]
    found = folder.side_by_side(lambda path: ObjectRecord.of(folder.read(path) or b""), unknown)
    objects = {path: written[path] for path in sizes if path in written} | dict(zip(unknown, found, strict=True))
    return Manifest(group, objects, attributes_checksum(attrs))


def manifest_name(group: str, digest: str) -> str:
    """Name of a group's manifest within the folder of manifests."""
    return f"{group}.{digest}.json"


def manifests_of(folder: Folder, kind: str) -> dict[str, list[str]]:
    """Digests of the manifests that are there, by the name of the group.

    Parameters
    ----------
    folder
        The store's folder.
    kind
        What holds the groups, such as ``labels`` or ``coverage/rnaseq``; empty: the genome's.
    """
    found: dict[str, list[str]] = {}
    for name in folder.folder(f".manifests/{kind}".rstrip("/")).names():
        match = MANIFEST.fullmatch(name)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


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
