"""Verifies a store: all objects of all groups, and what they say of each other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from helixdask.engine.cluster import RunOptions, WorkerNeeds, connect
from helixdask.engine.cluster_tasks import run_tasks
from helixdask.engine.progress import WorkProgress, tell_awaited
from helixdask.errors import BadInputError, HelixdaskError, MissingInputError, StageFailedError, words_of
from helixdask.store.consolidated import collect_metadata, consolidate
from helixdask.store.lineage import stale_groups
from helixdask.store.manifest import ATTRIBUTES, Damage
from helixdask.store.objects import Folder
from helixdask.store.publication import pending_publications
from helixdask.store.root import COPY, copy_is_sound, ensure_containers, read_root, root_problem
from helixdask.store.store import Store
from helixdask.verification.checks import Check
from helixdask.verification.groups import Inspected, inspect_group, sequence_checks
from helixdask.verification.leftovers import leftovers
from helixdask.verification.remake import records_of, remake_commands
from helixdask.verification.result import Finding, GroupState, Verification

_MENDED = "It was made anew; nothing is lost."


def verify_store(
    url: str, groups: Sequence[str] = (), *, quick: bool = False, options: RunOptions | None = None
) -> Verification:
    """Compare a store with what its manifests say, and its groups with each other.

    What is derived from the groups, the root and what holds them, is made anew where it is damaged.

    Parameters
    ----------
    url
        The store.
    groups
        Groups to look at; none: all, and what is left over in the store.
    quick
        Compare existence and size of objects, and checksums of metadata; read nothing else.
    options
        How to run: threads of this process, or the workers of a Dask scheduler.

    Returns
    -------
    Verification
        All that was found.

    Raises
    ------
    MissingInputError
        There is no such group.
    BadInputError
        The store cannot be listed.
    StoreDamagedError
        Nothing tells any more what the store is.
    """
    options, begin = options or RunOptions(), time.perf_counter()
    findings = list(_mended(url))
    store = Store(url, check=False)
    chosen = _chosen(store, groups)
    inspected = {group: inspect_group(store, group, quick=quick) for group in chosen}
    n_bytes = _read_all(store, inspected, options, quick=quick)
    records = records_of(store)
    for group, found in inspected.items():
        commands = remake_commands(url, group, records) if found.damages else ()
        findings += [Finding("damage", group, one.path, one.problem, commands) for one in sorted(found.damages)]
        if found.manifest is None and not found.damages:
            problem = "was published by an earlier version: objects that were lost cannot be told"
            findings.append(Finding("warning", group, "", problem, remake_commands(url, group, records)))
    findings += [finding for finding in _stale(store, url, records) if finding.group in chosen]
    if not groups:
        findings += leftovers(store)
    states = tuple(_state(found) for found in inspected.values())
    return Verification(url, quick, states, tuple(findings), n_bytes, time.perf_counter() - begin)


def _read_all(store: Store, inspected: dict[str, Inspected], options: RunOptions, *, quick: bool) -> int:
    """Do all checks that read; returns the bytes that were read."""
    checks = [check for found in inspected.values() for check in found.checks]
    genome = inspected.get("genome") if not quick else None
    n_bytes = sum(check.weight for check in checks)
    with WorkProgress(f"verify {store.url}", max(n_bytes, 1), "B", quiet=options.quiet) as progress:
        for check, damages in _run(checks, store.url, options):
            inspected[check.group].add(damages)
            progress.advance(check.weight)
    bases = sequence_checks(store, genome) if genome is not None else []
    n_bases = sum(check.weight for check in bases)
    with WorkProgress("contigs", max(n_bases, 1), quiet=options.quiet) as progress:
        for check, damages in _run(bases, store.url, options):
            inspected[check.group].add(damages)
            progress.advance(check.weight)
    return n_bytes


def _mended(url: str) -> Iterator[Finding]:
    """Damage of what is derived from the groups, which is mended here."""
    folder = Folder(url)
    if url.startswith(("http://", "https://")):
        raise BadInputError("the objects of a store cannot be listed over HTTP", where=url, remedy="Run it elsewhere.")
    has_checksum = "checksum" in _root_attrs(folder)
    if problem := root_problem(folder, folder.read(ATTRIBUTES)):
        yield Finding("damage", "", ATTRIBUTES, problem, (_MENDED,))
    elif has_checksum and not copy_is_sound(folder):
        yield Finding("damage", "", COPY, "is missing or damaged", (_MENDED,))
    store = Store(url, check=False)  # which mends the root
    for group in store.published():
        for holder in ensure_containers(store.folder, group):
            yield Finding("damage", holder, ATTRIBUTES, "is missing or damaged", (_MENDED,))
    there = read_root(folder)
    is_behind = collect_metadata(folder, there) != there.metadata
    if is_behind and has_checksum and not problem and not pending_publications(folder):
        yield Finding("damage", "", ATTRIBUTES, "its copy of the groups' metadata is out of date", (_MENDED,))
    if is_behind or not has_checksum or not copy_is_sound(folder):
        consolidate(store.url)


def _root_attrs(folder: Folder) -> dict[str, Any]:
    document = folder.read_json(ATTRIBUTES)
    attrs = document.get("attributes") if isinstance(document, dict) else None
    return attrs if isinstance(attrs, dict) else {}


def _chosen(store: Store, groups: Sequence[str]) -> list[str]:
    there = store.published()
    if unknown := [group for group in groups if group not in there]:
        raise MissingInputError(
            f"{', '.join(unknown)} is not in the store", where=store.url, remedy=f"It has: {', '.join(there)}."
        )
    return [group for group in there if not groups or group in groups]


def _stale(store: Store, url: str, records: Any) -> Iterator[Finding]:
    for group, parents in stale_groups(store).items():
        problem = f"was made from {' and '.join(parents)} before that was made anew or removed"
        yield Finding("warning", group, "", problem, remake_commands(url, group, records))


def _state(found: Inspected) -> GroupState:
    state = "damaged" if found.damages else "sound" if found.manifest is not None else "readable"
    return GroupState(found.group, found.objects, found.bytes, state)  # type: ignore[arg-type]


def _run(checks: list[Check], url: str, options: RunOptions) -> Iterator[tuple[Check, list[Damage]]]:
    """Do all checks, in threads of this process or on the workers of a scheduler, in any order."""
    if not options.is_remote:
        tell_awaited("", options.n_workers)
        with ThreadPoolExecutor(options.n_workers) as pool:
            futures = {pool.submit(_perform, check, url): check for check in checks}
            for future in as_completed(futures):
                yield futures[future], _damages(futures[future], future.exception() or future.result())
        return
    with connect(options, len(checks), needs=WorkerNeeds(modules=(_perform.__module__,), store=url)) as crew:
        if crew is not None:
            for number, outcome in run_tasks(crew, _perform, {n: (check, url) for n, check in enumerate(checks)}):
                yield checks[number], _damages(checks[number], outcome)


def _damages(check: Check, outcome: list[Damage] | BaseException) -> list[Damage]:
    if isinstance(outcome, HelixdaskError):
        return [Damage(check.group, "", outcome.problem)]
    if isinstance(outcome, OSError):
        raise outcome
    if isinstance(outcome, BaseException):
        raise StageFailedError(
            f"could not be read: {words_of(outcome, typed=True)}", where=check.group, remedy="Run it again."
        ) from outcome
    return outcome


def _perform(check: Check, url: str) -> list[Damage]:
    return check.damages(url)
