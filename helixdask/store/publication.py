"""Publishing groups: built aside, listed in a manifest, put in place in steps that can be repeated.

Whoever opens a group sees the one before, none, or the new one. On a disk a group is built in the work folder and
renamed; an object store cannot rename, so there a new group is built in its place and becomes visible with its
attributes, which are written last, and only one that replaces another is built aside and copied.

A publication that was begun is described in ``.work/<group>/ready.json``. From then on :func:`finish_publication` does
what is left, in this process or in a later one: each of its steps may run again.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any

from helixdask.store.consolidated import consolidate, group_document
from helixdask.store.manifest import ATTRIBUTES, ObjectRecord, make_manifest, manifest_name
from helixdask.store.objects import Folder, is_url

WORK = ".work"
OLD = ".old"
MANIFESTS = ".manifests"
HISTORY = "history"
_READY = "ready.json"
_BUILDING = "building"


def begin_place(folder: Folder, group: str) -> str:
    """Where a group is to be built, as a path within the store; what an earlier run built is removed.

    Parameters
    ----------
    folder
        The store's folder.
    group
        Path of the group in the store.
    """
    aside = f"{WORK}/{group}/{_BUILDING}"
    folder.remove(aside)
    in_place = is_url(folder.url) and not _is_published(folder, group)
    if in_place:
        folder.remove(group)
    return group if in_place else aside


def building_place(folder: Folder, group: str) -> str | None:
    """Where a group is being built, or None where nobody has begun to."""
    aside = f"{WORK}/{group}/{_BUILDING}"
    if folder.exists(f"{aside}/{ATTRIBUTES}"):
        return aside
    if is_url(folder.url) and folder.exists(f"{group}/{ATTRIBUTES}") and not _is_published(folder, group):
        return group
    return None


def publish(
    folder: Folder,
    group: str,
    attrs: Mapping[str, Any],
    written: Mapping[str, ObjectRecord],
    event: tuple[str, Mapping[str, Any]] | None = None,
) -> None:
    """Publish the group that was built.

    Parameters
    ----------
    folder
        The store's folder.
    group
        Path of the group in the store.
    attrs
        Its attributes; ``manifest`` and ``complete`` are added.
    written
        Records of objects that were made when they were written, by path within the group.
    event
        Name and content of the event in the store's history that belongs to it.

    Raises
    ------
    StoreDamagedError
        An object that was written is not there any more.
    """
    place = building_place(folder, group) or group
    building = folder.folder(place)
    manifest = make_manifest(building, group, attrs, written)
    folder.write(f"{MANIFESTS}/{manifest_name(group, manifest.digest)}", manifest.to_bytes())
    published = {**attrs, "manifest": manifest.digest, "complete": True}
    ready = {"place": place, "attrs": published, "event": list(event) if event else None}
    folder.write_json(f"{WORK}/{group}/{_READY}", ready)
    finish_publication(folder, group)


def finish_publication(folder: Folder, group: str) -> bool:
    """Do what is left of a publication; whether there was any.

    The caller holds the group's lock.
    """
    ready = folder.read_json(f"{WORK}/{group}/{_READY}")
    if ready is None:
        return False
    place, document = ready["place"], group_document(ready["attrs"])
    folder.folder(place).remove_partial()  # also what a process that was killed here left
    if place == group:
        folder.write(f"{group}/{ATTRIBUTES}", document)
    elif folder.exists(f"{place}/{ATTRIBUTES}"):
        folder.write(f"{place}/{ATTRIBUTES}", document)
        _retire(folder, group)
        _put(folder, place, group)
    consolidate(folder.url)
    if ready["event"]:
        folder.write_json(*ready["event"])
    _remove_manifests(folder, group, but=ready["attrs"]["manifest"])
    folder.remove(f"{OLD}/{group}")
    folder.remove_objects([f"{WORK}/{group}/{_READY}"])
    return True


def withdraw(folder: Folder, group: str) -> None:
    """Take a published group out of the store; the caller holds its lock."""
    _retire(folder, group)
    folder.remove(group)  # of a group whose attributes were lost
    _remove_manifests(folder, group)
    consolidate(folder.url)
    folder.remove(f"{OLD}/{group}")


def pending_publications(folder: Folder) -> list[str]:
    """Groups whose publication was begun and not finished."""
    names = folder.folder(WORK).sizes()
    return sorted(name.removesuffix(f"/{_READY}") for name in names if name.endswith(f"/{_READY}"))


def new_event(stage: str, event: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and content of an event for the store's history."""
    now = datetime.datetime.now(datetime.UTC)
    name = f"{HISTORY}/{now:%Y%m%dT%H%M%S.%f}-{stage}-{uuid.uuid4().hex[:8]}.json"
    return name, {"stage": stage, "time": now.isoformat(), **event}


def _is_published(folder: Folder, group: str) -> bool:
    document = folder.read_json(f"{group}/{ATTRIBUTES}")
    return document is not None and document.get("attributes", {}).get("complete") is True


def _retire(folder: Folder, group: str) -> None:
    """Make sure that nobody opens the group that is there, then take it out of its place."""
    if not folder.exists(f"{group}/{ATTRIBUTES}"):
        return
    attrs = (folder.read_json(f"{group}/{ATTRIBUTES}") or {}).get("attributes", {})
    folder.write(f"{group}/{ATTRIBUTES}", group_document({**attrs, "complete": False}))
    consolidate(folder.url)
    if is_url(folder.url):
        folder.remove(group)
        return
    folder.remove(f"{OLD}/{group}")
    folder.move(group, f"{OLD}/{group}")


def _put(folder: Folder, place: str, group: str) -> None:
    """Bring a group that was built aside to its place; its attributes come last."""
    if not is_url(folder.url):
        folder.remove(group)  # without attributes it is what a killed removal left
        folder.move(place, group)
        return
    for name in sorted(folder.folder(place).sizes(), key=lambda path: (path == ATTRIBUTES, path)):
        folder.copy(f"{place}/{name}", f"{group}/{name}")


def _remove_manifests(folder: Folder, group: str, but: str | None = None) -> None:
    kind, _, name = f"{MANIFESTS}/{group}".rpartition("/")
    parent = folder.folder(kind)
    pattern = re.compile(re.escape(name) + r"\.([0-9a-f]{16})\.json")
    for found in parent.names():
        match = pattern.fullmatch(found)
        if match and match[1] != but:
            parent.remove_objects([found])
