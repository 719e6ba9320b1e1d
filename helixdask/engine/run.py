"""Runs a stage: plan, lock, resume, region tasks on Dask, publication."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from helixdask.engine.cluster import RunOptions
from helixdask.engine.lock import GroupLock
from helixdask.engine.plan import Plan, make_plan, refuse_what_cannot_fit, regions_of
from helixdask.engine.progress import WorkProgress
from helixdask.engine.regions import run_regions
from helixdask.engine.same_work import differences, in_words, work_digest
from helixdask.engine.settle import settle_store, work_folder
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.errors import (
    AlreadyExistsError,
    BadInputError,
    StoreBusyError,
    StoreDamagedError,
    doing,
)
from helixdask.store.lineage import Provenance, stale_groups
from helixdask.store.objects import disk_errors
from helixdask.store.root import is_store
from helixdask.store.store import Store

__all__ = ["RunOptions", "Summary", "plan_ahead", "plan_stage", "run_stage"]

log = logging.getLogger(__name__)

_MARK = "stage.json"
"""Object of a work folder that says what is being made."""
_NAME = re.compile(r"\w[\w.+-]*")


@dataclass(frozen=True)
class Summary:
    """What a stage did.

    Parameters
    ----------
    stage, group
        The verb, and the group that was written.
    state
        ``done``, ``already there`` or ``planned``.
    seconds
        Wall time.
    tasks, resumed
        Region tasks of the stage, and how many an earlier run had finished.
    attrs
        Attributes of the group, its counts among them.
    """

    stage: str
    group: str
    state: str
    seconds: float
    tasks: int = 0
    resumed: int = 0
    attrs: dict[str, Any] = field(default_factory=dict)
    plan: Plan | None = None


def plan_stage(stage: Stage, url: str, options: RunOptions) -> Plan:
    """Plan of a stage, without doing it. Inputs are checked; what cannot fit is refused."""
    return _plan_and_state(stage, url, options)[0]


def plan_ahead(stage: Stage, url: str, options: RunOptions, n_bases: int, before: Sequence[Summary]) -> Summary:
    """Plan a stage whose inputs are not there yet.

    Parameters
    ----------
    stage
        What would be done.
    url
        The store, which need not be there.
    options
        How it would be run.
    n_bases
        Bases that the genome is thought to have.
    before
        What was planned for the steps before it.

    Raises
    ------
    BadInputError
        It cannot fit.
    """
    options = _suited(options, stage)
    plan = make_plan(stage, n_bases, workers=options.n_workers, on_gpus=options.on_gpus)
    plans = [each.plan for each in before if each.plan is not None and each.state == "planned"]
    refuse_what_cannot_fit(plan, url, options.memory_limit_bytes, plans)
    return Summary(stage.name, stage.group(), "planned", 0.0, plan.tasks, plan=plan)


def _suited(options: RunOptions, stage: Stage) -> RunOptions:
    """How to run a stage: on GPUs, where it uses them."""
    return options.for_gpus() if stage.uses_gpus else options


def _plan_and_state(stage: Stage, url: str, options: RunOptions) -> tuple[Plan, str]:
    """Plan of a stage, and its state: ``planned``, or ``already there`` where nothing would be done."""
    options = _suited(options, stage)
    store = None if stage.creates_store and not is_store(url) else Store.open(url)
    state = "planned"
    if store is not None:
        attrs, inputs = store.attrs_if_readable(stage.group()), stage.inputs(store)
        if attrs.get("complete") is True and not differences(stage, attrs, inputs):
            state = "already there"
    n_bases = stage.estimate_bases(store)
    finished = len(Work(work_folder(url, stage.group())).finished())
    plan = make_plan(stage, n_bases, workers=options.n_workers, finished=finished, on_gpus=options.on_gpus)
    if store is not None and state == "planned" and (manifest := store.manifest_if_readable(stage.group())):
        plan = replace(plan, bytes_replaced=manifest.n_bytes)
    if state == "planned":
        refuse_what_cannot_fit(plan, url, options.memory_limit_bytes)
    return plan, state


def _check_name(group: str) -> None:
    """Refuse names that would end up elsewhere in the store, or that other programs stumble over."""
    for name in group.split("/")[1:] or [group]:
        if not _NAME.fullmatch(name) or group.count("/") > 1 + group.startswith("coverage/"):
            raise BadInputError(
                f"{group.partition('/')[2]!r} cannot be a name in a store",
                remedy="Use letters, digits, and _ . + - after the first character.",
            )


def run_stage(stage: Stage, url: str, options: RunOptions | None = None) -> Summary:
    """Run a stage to its end, going on where an earlier run stopped.

    Parameters
    ----------
    stage
        The stage with its settings.
    url
        Store to work on; made where the stage creates its store.
    options
        How to run.

    Returns
    -------
    Summary
        What was done. A group that is there already, made from the same settings and inputs, is left as it is.

    Raises
    ------
    AlreadyExistsError
        The group is there, made from other settings or inputs, and ``options.replace`` is not set.
    StoreBusyError
        Another process is writing the group.
    StageFailedError
        A task failed repeatedly; finished regions are kept.
    """
    options = _suited(options or RunOptions(), stage)
    start = time.perf_counter()
    group = stage.group()
    _check_name(group)
    if options.dry_run:
        plan, state = _plan_and_state(stage, url, options)
        return Summary(stage.name, group, state, 0.0, plan.tasks, plan.finished, plan=plan)
    if stage.creates_store:
        plan_stage(stage, url, options)  # an input that is not there leaves no empty store behind
        store = Store.create(url, species=stage.settings()["species"])
    else:
        store = Store.open(url)
    store.refuse_if_read_only()
    settle_store(store)
    settings = stage.settings()
    inputs = stage.inputs(store)
    digest = work_digest(stage, inputs)
    work = Work(work_folder(store.url, group))
    if _is_there(store, stage, inputs, options):
        _remove_leftovers(store, group, work, digest)
        return Summary(stage.name, group, "already there", time.perf_counter() - start, attrs=store.attrs(group))
    with (
        contextlib.ExitStack() as after_the_lock,
        GroupLock(work.folder, f"{store.url}/{group}") as lock,
        _nothing_left_if_refused(store, group, work),
        disk_errors(store.url),
        doing(f"making {group}"),
    ):
        if stage.creates_store:
            after_the_lock.push(_removal_if_refused(store, group, work))
        if _is_there(store, stage, inputs, options):  # published while we waited for the lock
            work.clear()
            return Summary(stage.name, group, "already there", time.perf_counter() - start, attrs=store.attrs(group))
        log.info("making %s", group)
        progress = after_the_lock.enter_context(WorkProgress(group, None, quiet=options.quiet))
        before = stale_groups(store) if options.replace else None  # what was made from a missing group is stale already
        _begin_or_resume(store, stage, work, digest)
        tasks, resumed = _run_regions(stage, store, work, options, progress)
        progress.begin(None)
        receipts = work.load_receipts(range(tasks))
        attrs = stage.finish(store, work, RegionResult.merged([receipt.result for receipt in receipts]))
        record = vars(Provenance(stage.name, settings, inputs, digest))
        seconds = time.perf_counter() - start
        store.check_unchanged()
        lock.check()
        store.complete_group(
            group,
            {**record, **attrs},
            {path: one for receipt in receipts for path, one in receipt.written.items()},
            {**record, "group": group, "seconds": seconds, "versions": _versions()},
        )
        work.clear()
    stale = [] if before is None else [name for name in stale_groups(store) if name not in before]
    if stale:
        log.warning("%s was made anew; made from the one before: %s", group, ", ".join(stale))
    return Summary(stage.name, group, "done", seconds, tasks, resumed, attrs)


@contextlib.contextmanager
def _nothing_left_if_refused(store: Store, group: str, work: Work) -> Iterator[None]:
    """Remove what was begun where the input is refused before a region is finished."""
    try:
        yield
    except BadInputError:
        if not work.finished():
            store.abandon_group(group)
            work.clear()
        raise


def _removal_if_refused(store: Store, group: str, work: Work) -> Callable[..., None]:
    """Ending of a run that removes a new store whose input was refused, so that its name is free again."""

    def leave(kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        is_new = set(store.folder.names()) <= {"zarr.json", group} and not store.is_complete(group)
        if isinstance(error, BadInputError) and is_new and not work.finished():
            store.folder.remove()

    return leave


def _is_there(store: Store, stage: Stage, inputs: dict[str, str], options: RunOptions) -> bool:
    group = stage.group()
    attrs = store.attrs_if_readable(group) if options.replace else store.attrs(group)
    if attrs.get("complete") is not True:
        return False
    found = differences(stage, attrs, inputs)
    if not found:
        try:
            store.identity(group)
        except StoreDamagedError:
            if not options.replace:
                raise
            return False
        return True
    if options.replace:
        return False
    raise AlreadyExistsError(
        f"{stage.group()} is in the store already, made from other settings or inputs: {in_words(found)}",
        where=store.url,
        remedy="Give the new one another name, or pass --replace.",
    )


def _remove_leftovers(store: Store, group: str, work: Work, digest: str) -> None:
    """Remove what a run left that was killed after it had published the group."""
    if not work.folder.names() or (work.folder.read_json(_MARK) or {}).get("digest", digest) != digest:
        return  # nothing there, or an unfinished run with other settings, which may yet go on
    with contextlib.suppress(StoreBusyError), GroupLock(work.folder, f"{store.url}/{group}"):
        work.clear()


def _begin_or_resume(store: Store, stage: Stage, work: Work, digest: str) -> None:
    """Go on with what an earlier run of the same stage left, or start afresh."""
    mark = {"digest": digest, "helixdask": _versions()["helixdask"]}  # another version may compute otherwise
    begun = work.folder.read_json(_MARK)
    same = begun == mark and store.resume_group(stage.group())
    if begun is not None and not same:
        log.warning("%s: unfinished work with other settings is thrown away", stage.group())
    if not same:
        work.clear()
        store.begin_group(stage.group())
        work.folder.write_json(_MARK, mark)
    stage.prepare(store, work)
    if not work.folder.exists("tracks"):
        if stage.region_length(store.n_bases):
            store.create_tracks(stage.group(), stage.dtypes(), stage.left_out())
        work.folder.write("tracks", b"created")


def _run_regions(
    stage: Stage, store: Store, work: Work, options: RunOptions, progress: WorkProgress
) -> tuple[int, int]:
    """Run all unfinished regions; number of regions and how many were finished before."""
    if not stage.region_length(store.n_bases):
        return 0, 0
    regions = regions_of(stage, store.n_bases)
    finished = _whole(store, stage.group(), work)
    todo = [region for region in regions if region.index not in finished]
    refuse_what_cannot_fit(
        make_plan(stage, store.n_bases, workers=options.n_workers, finished=len(finished), on_gpus=options.on_gpus),
        store.url,
        options.memory_limit_bytes,
    )
    progress.begin(store.n_bases, done=sum(region.length for region in regions if region.index in finished))
    for region in run_regions(stage, store, todo, options):
        progress.advance(region.length, region.index)
    return len(regions), len(regions) - len(todo)


def _whole(store: Store, group: str, work: Work) -> set[int]:
    """Regions that are finished and whose objects are there, whole.

    A machine that lost its power may have kept the receipts alone.
    """
    finished = work.finished()
    sizes = store.building(group).sizes() if finished else {}
    receipts = zip(finished, work.load_receipts(finished), strict=True)
    return {
        index for index, (_, written) in receipts if all(sizes.get(path) == one.size for path, one in written.items())
    }


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("helixdask", "numpy", "zarr", "dask", "numba")}
