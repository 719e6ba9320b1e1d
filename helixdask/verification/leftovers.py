"""What interrupted runs left in a store: no harm is done by it, but it takes room."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from helixdask.engine.lock import is_held
from helixdask.engine.settle import groups_in, work_folder
from helixdask.registry import KINDS
from helixdask.store.manifest import manifest_name, manifests_of
from helixdask.store.publication import MANIFESTS, OLD, WORK, pending_publications
from helixdask.store.store import Store
from helixdask.verification.result import Finding


def leftovers(store: Store) -> Iterator[Finding]:
    """What could be removed from a store, or go on, as warnings.

    Parameters
    ----------
    store
        The store. What a living process is just writing is left out.
    """
    pending = set(pending_publications(store.folder))
    begun = sorted({group for group in groups_in(store, WORK) if not is_held(work_folder(store.url, group))} | pending)
    held = {group for group in groups_in(store, WORK) if group not in begun}
    for group in begun:
        if group in pending:
            yield _left(group, WORK, "its publication was begun and not finished", "Any command that writes does it.")
        else:
            yield _left(
                group,
                WORK,
                "an interrupted run left unfinished work",
                "Run the same command again: it goes on. Or discard what is unfinished:",
                f"rm -r {shlex.quote(f'{store.url}/{WORK}/{group}')}",
            )
    for group in groups_in(store, OLD):
        if group not in pending | held:
            yield _left(group, OLD, "a group that was replaced or removed is still there", _remove(store, OLD, group))
    yield from _manifests_without_group(store, set(begun) | held)
    for group in _unpublished(store):
        if group not in held and group not in begun:
            yield _left(group, "", "was never finished", f"helixdask remove {shlex.quote(store.url)} {group}")
    for path in store.folder.partial():
        if not path.startswith((f"{WORK}/", f"{OLD}/")):
            yield _left("", path, "a file that a killed process was writing", _remove(store, path))


def _manifests_without_group(store: Store, unfinished: set[str]) -> Iterator[Finding]:
    sets = store.folder.folder(f"{MANIFESTS}/coverage").names()
    for kind in ("", *KINDS, *(f"coverage/{name}" for name in sets)):
        for name, digests in manifests_of(store.folder, kind).items():
            group = f"{kind}/{name}".lstrip("/")
            named = store.attrs_if_readable(group).get("manifest")
            if named is None or group in unfinished:
                continue  # a group that is lost, which is told elsewhere, or that is being made
            for digest in digests:
                if digest != named:
                    path = f"{MANIFESTS}/{manifest_name(group, digest)}"
                    yield _left(group, path, "a manifest of a group that is not there any more", _remove(store, path))


def _unpublished(store: Store) -> Iterator[str]:
    """Groups in their places whose attributes say that they are not complete."""
    there = set(store.published())
    for kind in KINDS:
        for name in store.folder.folder(kind).names():
            inner = store.folder.folder(f"{kind}/{name}").names() if kind == "coverage" else [""]
            for group in (f"{kind}/{name}/{library}".rstrip("/") for library in inner):
                if group not in there and not group.endswith("zarr.json"):
                    yield group


def _remove(store: Store, *path: str) -> str:
    return f"rm -r {shlex.quote('/'.join([store.url, *path]))}"


def _left(group: str, path: str, problem: str, *remedy: str) -> Finding:
    return Finding("warning", group, path, problem, remedy)
