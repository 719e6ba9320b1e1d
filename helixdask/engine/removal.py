"""Taking a group out of a store, with what an interrupted run may have left of it."""

from __future__ import annotations

from helixdask.engine.lock import GroupLock
from helixdask.engine.settle import settle_store, work_folder
from helixdask.engine.stage import Work
from helixdask.errors import MissingInputError
from helixdask.registry import KINDS, group_of
from helixdask.store.lineage import dependents
from helixdask.store.objects import disk_errors
from helixdask.store.store import Store


def group_to_remove(store: Store, group: str) -> tuple[int, list[str]]:
    """What removing a group would free and leave behind.

    Parameters
    ----------
    store
        The store.
    group
        Its path, such as ``labels/pseudo`` or ``coverage/rnaseq/leaf``.

    Returns
    -------
    tuple
        Bytes that the group takes, with what an unfinished run has written of it; and the groups that were made from
        it, directly or by way of others.

    Raises
    ------
    MissingInputError
        There is nothing of that name.
    """
    work = work_folder(store.url, group)
    known = group == "genome" or (group.partition("/")[0] in KINDS and group == group_of(group) and group[-1] != "/")
    sizes = {**store.folder.folder(group).sizes(), **{f"work/{name}": n for name, n in work.sizes().items()}}
    if not known or not (sizes or group in store.published()):
        raise MissingInputError(
            f"{group} is not in the store",
            where=store.url,
            remedy="Give a group as `helixdask inspect STORE` lists it, such as labels/reference.",
        )
    return sum(sizes.values()), dependents(store, group)


def remove_group(store: Store, group: str) -> None:
    """Remove a group, published or unfinished. What was made from it stays.

    Parameters
    ----------
    store
        The store.
    group
        Its path.

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
    group_to_remove(store, group)
    settle_store(store)
    work = work_folder(store.url, group)
    with GroupLock(work, f"{store.url}/{group}"), disk_errors(store.url):
        digest = store.attrs_if_readable(group).get("digest")
        store.remove_group(group)
        Work(work).clear()
        store.add_event("remove", {"group": group, "digest": digest})
