"""A copy of all metadata in the root of the store, for readers that cannot list folders."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from helixdask.errors import StoreDamagedError
from helixdask.registry import KINDS, arrays_of, group_of, tables_below
from helixdask.store.documents import GroupDocuments
from helixdask.store.manifest import ATTRIBUTES, ObjectRecord, read_manifest
from helixdask.store.objects import Folder
from helixdask.store.root import Root, copy_is_sound, ensure_containers, group_document, read_root, write_root

__all__ = ["collect_metadata", "consolidate", "group_document", "mend_root", "published_in"]

log = logging.getLogger(__name__)


def consolidate(url: str) -> None:
    """Copy the metadata of all published groups into the root, for readers that cannot list folders (HTTP).

    The copy is derived: writers and readers that can list never trust it. It is rewritten until it agrees with what
    is there, so that two commands that publish side by side both end up in it.
    """
    folder = Folder(url)
    for _ in range(5):
        there = read_root(folder)
        metadata = collect_metadata(folder, there)
        if there.has_checksum and metadata == there.metadata and copy_is_sound(folder):
            return
        write_root(folder, there.own, metadata)


def mend_root(folder: Folder, problem: str) -> None:
    """Make a damaged root anew from the groups and the copy of its own attributes.

    Raises
    ------
    StoreDamagedError
        The copy is damaged, too.
    """
    write_root(folder, read_root(folder).own, {})
    consolidate(folder.url)
    log.warning("%s/%s %s; it was made anew from the groups", folder.url, ATTRIBUTES, problem)


def published_in(documents: GroupDocuments, there: Root | None = None) -> dict[str, dict[str, Any] | None]:
    """All published groups, the genome first, and their attributes as they are written; None of damaged ones.

    Parameters
    ----------
    documents
        Of the store.
    there
        The root as it is, which names groups that were published before there were manifests; None: it cannot be
        relied on.
    """
    if there is None or not there.has_checksum:
        return documents.published(_all_there(documents))
    named = {path for path, one in there.metadata.items() if one.get("attributes", {}).get("complete") is True}
    groups = named | documents.with_manifest()
    order = {kind: number for number, kind in enumerate(("genome", *KINDS))}
    return documents.published(sorted(groups, key=lambda group: (order[group.partition("/")[0]], group)))


def _all_there(documents: GroupDocuments) -> Iterator[str]:
    """Paths of all that could be a published group."""
    yield "genome"
    for kind in KINDS:
        for name in documents.members(kind):
            if kind == "coverage":
                yield from (f"{kind}/{name}/{library}" for library in documents.members(f"{kind}/{name}"))
            else:
                yield f"{kind}/{name}"


def collect_metadata(folder: Folder, there: Root) -> dict[str, Any]:
    """Metadata of all published groups and of what holds them, by path, sorted.

    Parameters
    ----------
    folder
        The store's folder.
    there
        The root as it is. What was collected last is kept of a group that is the same still, which its attributes tell
        by the digest of its manifest, and of one whose metadata are damaged.
    """
    found: dict[str, Any] = {}
    before = _by_group(there.metadata)
    documents = GroupDocuments(folder, None)
    published = published_in(documents, there)
    one_of = {group.rpartition("/")[0]: group for group in published}
    folder.side_by_side(lambda group: ensure_containers(folder, group), one_of.values())
    for group, attrs in published.items():
        parts = group.split("/")
        for depth in range(1, len(parts)):
            found["/".join(parts[:depth])] = {"attributes": {}, "zarr_format": 3, "node_type": "group"}
        last = before.get(group, {})
        same = there.has_checksum and "manifest" in (attrs or {}) and last.get(group, {}).get("attributes") == attrs
        try:
            found.update(last if same or attrs is None else _metadata_of(folder, group, documents.attrs(group)))
        except (StoreDamagedError, ValueError):
            found.update(last)
    return dict(sorted(found.items()))


def _by_group(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Metadata by path, for each group that can be published."""
    found: dict[str, dict[str, Any]] = {}
    for path, one in metadata.items():
        found.setdefault(group_of(path), {})[path] = one
    return found


def _metadata_of(folder: Folder, group: str, attrs: dict[str, Any]) -> dict[str, Any]:
    below = folder.folder(group)
    manifest = read_manifest(folder, group, attrs["manifest"]) if attrs.get("manifest") else None
    names = manifest.documents if manifest is not None else _documents_of(group)
    found = {group: json.loads(group_document(attrs))}
    for name, data in zip(names, below.side_by_side(below.read, names), strict=True):
        if data is None and manifest is None:
            continue
        if data is None or (manifest is not None and ObjectRecord.of(data) != manifest.objects[name]):
            raise StoreDamagedError("its metadata are damaged", where=f"{folder.url}/{group}/{name}")
        found[f"{group}/{name.removesuffix(f'/{ATTRIBUTES}')}"] = json.loads(data)
    return found


def _documents_of(group: str) -> list[str]:
    """Metadata that a group may have, of whose objects there is no list."""
    tables = tables_below(group)
    inner = [*arrays_of(group), *tables, *(f"{table}/{name}" for table in tables for name in arrays_of(table))]
    return [f"{name.removeprefix(f'{group}/')}/{ATTRIBUTES}" for name in inner]
