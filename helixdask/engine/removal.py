"""Taking a group out of a store, with what an interrupted run may have left of it."""

from __future__ import annotations

from helixdask.engine.lock import GroupLock
from helixdask.engine.settle import settle_store, work_folder
from helixdask.engine.stage import Work
from helixdask.errors import MissingInputError
from helixdask.registry import group_of
from helixdask.store.lineage import dependents
from helixdask.store.objects import disk_errors
from helixdask.store.store import Store

__all__ = ["remove_group"]


def remove_group(store: Store, group: str) -> list[str]:
    """Remove a group, published or unfinished.

    Parameters
    ----------
    store
        The store.
    group
        Its path, such as ``labels/pseudo`` or ``coverage/rnaseq/leaf``.

    Returns
    -------
    list of str
        Groups that were made from it, directly or by way of others. They stay as they are.

    Raises
    ------
    MissingInputError
        There is nothing of that name.
    BadInputError
        The store is read-only.
    StoreBusyError
        Another process is writing the group.
    """
    store.refuse_if_read_only()
    settle_store(store)
    work = work_folder(store.url, group)
    if group != group_of(group) or not (store.folder.exists(group) or work.names()):
        raise MissingInputError(
            f"{group} is not in the store",
            where=store.url,
            remedy="Give a group as `helixdask inspect STORE` lists it, such as labels/reference.",
        )
    made_from_it = dependents(store, group)
    with GroupLock(work, f"{store.url}/{group}"), disk_errors(store.url):
        digest = store.attrs_if_readable(group).get("digest")
        store.remove_group(group)
        Work(work).clear()
        store.add_event("remove", {"group": group, "digest": digest})
    return made_from_it
