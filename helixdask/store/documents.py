"""Attributes of a store's groups and which groups there are, read from the objects that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import zarr

from helixdask.errors import StoreChangedError, StoreDamagedError
from helixdask.store.manifest import (
    ATTRIBUTES,
    MANIFEST,
    Manifest,
    attributes_checksum,
    manifests_of,
    read_manifest,
    remedy_for,
)
from helixdask.store.objects import Folder

_MOST_NAMED = 3


def parse_group(data: bytes) -> dict[str, Any] | None:
    """Attributes in the object that describes a Zarr group; None where it describes something else.

    Raises
    ------
    ValueError
        The object is not what anybody wrote.
    """
    try:
        document = json.loads(data)
        if document["node_type"] != "group":
            return None
        return dict(document.get("attributes") or {})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


class GroupDocuments:
    """Reads attributes of groups, afresh each time.

    Parameters
    ----------
    folder
        The store's folder.
    consolidated
        The root with consolidated metadata, where folders cannot be listed (HTTP); else None.
    check
        Whether attributes are compared with the checksum in the group's manifest.
    """

    def __init__(self, folder: Folder, consolidated: zarr.Group | None, *, check: bool = True) -> None:
        self._folder = folder
        self._consolidated = consolidated
        self._check = check and consolidated is None
        self._checksums: dict[tuple[str, str], int] = {}
        self._listed: dict[str, frozenset[str]] = {}

    def attrs(self, group: str) -> dict[str, Any]:
        """Attributes of a group; empty where there is no such group.

        Raises
        ------
        StoreDamagedError
            The object that holds them is not what was written, or it is lost: there is a manifest of the group.
        """
        attrs = self._raw(group)
        digest = attrs.get("manifest")
        if self._check and attrs.get("complete") is True and digest is not None:
            if (group, digest) not in self._checksums:
                try:
                    self._note(read_manifest(self._folder, group, str(digest)), str(digest))
                except StoreDamagedError:
                    if self._raw(group).get("manifest") != digest:  # replaced at this very moment
                        return self.attrs(group)
                    raise
            self._compare(group, attrs)
        return attrs

    def _compare(self, group: str, attrs: dict[str, Any]) -> None:
        """Compare the attributes of a published group with the checksum in its manifest, which is known."""
        if self._checksums[group, attrs["manifest"]] != attributes_checksum(attrs):
            raise self._damaged(group, "its attributes do not match their checksum")

    def check_objects(self, group: str) -> dict[str, Any]:
        """Compare a group's objects with its manifest: existence and size of all, checksums of metadata.

        Groups that are not published, or were before there were manifests, are left as they are.

        Returns
        -------
        dict
            The attributes of the group, which are compared, too.

        Raises
        ------
        StoreDamagedError
            Something is missing, has another size or was added, metadata are not what was written, or the manifest is
            damaged itself.
        StoreChangedError
            The group is being replaced.
        """
        attrs = self._raw(group)
        digest = attrs.get("manifest")
        if digest is None or attrs.get("complete") is not True:
            return attrs
        try:
            self._check_objects(group, str(digest))
            self._compare(group, attrs)
        except StoreDamagedError as error:
            if self._raw(group).get("manifest") == digest:
                raise
            raise StoreChangedError(
                "is being replaced or removed by another process",
                where=f"{self._folder.url}/{group}",
                remedy="Run the same command again.",
            ) from error
        return attrs

    def lists(self, group: str, path: str) -> bool | None:
        """Whether the manifest of a group that was looked at lists an object; None where none was."""
        return path in self._listed[group] if group in self._listed else None

    def _check_objects(self, group: str, digest: str) -> None:
        manifest = read_manifest(self._folder, group, digest)
        self._note(manifest, digest)
        below = self._folder.folder(group)
        damages = manifest.missing_or_resized(below)
        if not damages:
            altered = below.side_by_side(lambda path: manifest.altered(below, path), manifest.documents)
            damages = [found for found in altered if found is not None]
        if damages:
            listed = "; ".join(f"{damage.path} {damage.problem}" for damage in damages[:_MOST_NAMED])
            more = f"; and {len(damages) - _MOST_NAMED:,} more" if len(damages) > _MOST_NAMED else ""
            raise self._damaged(group, f"objects are missing or damaged: {listed}{more}")

    def _note(self, manifest: Manifest, digest: str) -> None:
        self._checksums[manifest.group, digest] = manifest.attributes
        self._listed[manifest.group] = frozenset(manifest.documents)

    def _raw(self, group: str) -> dict[str, Any]:
        """Attributes as they are written, when it is sure that there should be any."""
        if self._consolidated is not None:
            node = self._consolidated.get(group)
            return dict(node.attrs) if isinstance(node, zarr.Group) else {}
        for last in (False, True):
            data, attrs = self._folder.read(f"{group}/{ATTRIBUTES}"), None
            if data is not None:
                try:
                    attrs = parse_group(data)
                except ValueError as error:
                    raise self._damaged(group, "its attributes are damaged") from error
            attrs = attrs or {}
            published = attrs.get("complete") is True
            if (published and "manifest" in attrs) or not self._has_manifest(group, published=published):
                return attrs
            if last:  # and not a group that another process published or removed between two looks
                break
        raise self._damaged(group, "it was published, and its attributes are " + ("damaged" if data else "missing"))

    def _has_manifest(self, group: str, *, published: bool) -> bool:
        """Whether a manifest says that a group was published; not where it is just being made or removed."""
        kind, _, name = group.rpartition("/")
        if name not in manifests_of(self._folder, kind):
            return False
        return published or not self._folder.folder(f".work/{group}").names()

    def _damaged(self, group: str, problem: str) -> StoreDamagedError:
        return StoreDamagedError(problem, where=f"{self._folder.url}/{group}", remedy=remedy_for(group))

    def with_manifest(self) -> set[str]:
        """Groups that have a manifest: those that were published, and those that are just being."""
        matches = map(MANIFEST.fullmatch, self._folder.folder(".manifests").sizes())
        return {match[1] for match in matches if match}

    def members(self, group: str) -> list[str]:
        """Names of all that lies directly below a group, published or not, or that a manifest says was published."""
        if self._consolidated is not None:
            node = self._consolidated.get(group)
            return [name for name, _ in node.groups()] if isinstance(node, zarr.Group) else []
        there = {name for name in self._folder.folder(group).names() if name != ATTRIBUTES}
        if group == "coverage":
            return sorted(there | set(self._folder.folder(f".manifests/{group}").names()))
        return sorted(there | manifests_of(self._folder, group).keys())

    def names(self, kind: str) -> list[str]:
        """Names of the published groups of a kind (``labels``; ``coverage``; ``coverage/rnaseq``), sorted.

        A group that was published and is damaged is among them: whoever uses it is told.
        """
        if kind == "coverage":
            return [name for name in self.members(kind) if self.names(f"{kind}/{name}")]
        there = self.published(f"{kind}/{name}" for name in self.members(kind))
        return [group.rpartition("/")[2] for group in there]

    def published(self, groups: Iterable[str]) -> dict[str, dict[str, Any] | None]:
        """Attributes of those of some groups that were published, as they are written; None of damaged ones."""
        there = list(groups)
        found = zip(there, self._folder.side_by_side(self._raw_if_readable, there), strict=True)
        return {group: attrs for group, attrs in found if attrs is None or attrs.get("complete") is True}

    def _raw_if_readable(self, group: str) -> dict[str, Any] | None:
        try:
            return self._raw(group)
        except StoreDamagedError:
            return None
