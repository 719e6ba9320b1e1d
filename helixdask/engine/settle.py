"""Finishing what killed processes left: publications that were begun, and work folders of what is published."""

from __future__ import annotations

import logging

from helixdask.engine.lock import GroupLock, is_held, is_lock_object
from helixdask.errors import StoreBusyError
from helixdask.registry import group_of
from helixdask.store.objects import Folder
from helixdask.store.publication import HISTORY, MANIFESTS, WORK, finish_publication, pending_publications
from helixdask.store.store import Store

log = logging.getLogger(__name__)


def work_folder(url: str, group: str) -> Folder:
    """Folder inside a store where a group is made."""
    return Folder(url).folder(f"{WORK}/{group}")


def clear_work_folder(work: Folder) -> None:
    """Remove all but the lock from the folder where a group is made."""
    work.clear(is_lock_object)


def settle_store(store: Store) -> None:
    """Finish publications that other processes began and did not end.

    Each is finished under its lock; where another process holds that, it is left to it.
    """
    for group in pending_publications(store.folder):
        work = work_folder(store.url, group)
        try:
            with GroupLock(work, f"{store.url}/{group}"):
                if finish_publication(store.folder, group):
                    log.info("%s: an earlier run had begun to publish it; it is finished now", group)
                clear_work_folder(work)
        except StoreBusyError:
            continue
    _remove_half_written(store)


def groups_in(store: Store, place: str) -> list[str]:
    """Groups that have something in ``.work`` or ``.old``."""
    return sorted({group_of(path) for path in store.folder.folder(place).sizes()})


def _remove_half_written(store: Store) -> None:
    """Remove what killed processes were writing beside the groups, unless a living one makes a group of the store."""
    half = store.folder.partial(below=False)
    half += [f"{place}/{name}" for place in (MANIFESTS, HISTORY) for name in store.folder.folder(place).partial()]
    if half and not any(is_held(work_folder(store.url, group)) for group in groups_in(store, WORK)):
        for name in half:
            store.folder.remove(name)
