"""Which groups were made from which: what is out of date after a group was replaced or removed."""

from __future__ import annotations

from helixdask.registry import KINDS
from helixdask.store.store import Store

__all__ = ["dependents", "stale_groups"]


def stale_groups(store: Store) -> dict[str, list[str]]:
    """Published groups that were made from a group which is not there any more, or was made anew since.

    Returns
    -------
    dict
        For each such group those of its parents that changed, in the order of the groups.
    """
    digests = {group: store.attrs_if_readable(group) for group in store.published()}
    found: dict[str, list[str]] = {}
    for group, attrs in digests.items():
        changed = [
            parent
            for parent, digest in attrs.get("inputs", {}).items()
            if _is_group(parent) and digests.get(parent, _GONE).get("digest", digest) != digest
        ]
        if changed:
            found[group] = changed
    return found


def dependents(store: Store, group: str) -> list[str]:
    """Published groups that were made from a group, directly or by way of others."""
    inputs = {name: store.attrs_if_readable(name).get("inputs", {}) for name in store.published()}
    found: list[str] = []
    pending = [group]
    while pending:
        parent = pending.pop()
        for name, made_from in inputs.items():
            if parent in made_from and name not in found and name != group:
                found.append(name)
                pending.append(name)
    return sorted(found)


_GONE = {"digest": None}


def _is_group(name: str) -> bool:
    return name == "genome" or (name.partition("/")[0] in KINDS and "/" in name)
