"""Runs the regions of a stage: here, in threads, or on Dask, each with a receipt."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import lru_cache

from helixdask.engine.cluster import RunOptions, WorkerNeeds, connect
from helixdask.engine.cluster_tasks import ATTEMPTS, run_tasks
from helixdask.engine.crew import GPU, Crew
from helixdask.engine.progress import tell_awaited
from helixdask.engine.settle import work_folder
from helixdask.engine.stage import Region, Stage, Work
from helixdask.errors import HelixdaskError, InternalError, StageFailedError, words_of
from helixdask.store.objects import disk_errors
from helixdask.store.store import Store, stage_digest

log = logging.getLogger(__name__)

_FEW = 4
"""Workers that threads of one process can stand for: with more, the interpreter's lock is felt."""
_SOON = 30.0
"""Seconds of work that are not worth starting processes, however many there could be."""


def run_regions(stage: Stage, store: Store, todo: list[Region], options: RunOptions) -> Iterator[Region]:
    """Run regions of a stage in this process, in threads or on a cluster; yields each as it is finished.

    Parameters
    ----------
    stage, store
        What to do, and where.
    todo
        The regions.
    options
        How to run.

    Raises
    ------
    HelixdaskError
        What a task returned: something the user can mend.
    StageFailedError
        A task failed again and again.
    """
    if not todo:
        return
    token = stage_digest(time.time())
    url = store.url
    of_one = stage.estimate_seconds_on_gpu if options.on_gpus else stage.estimate_seconds
    left = of_one(store.n_bases) * sum(region.length for region in todo) / store.n_bases
    workers = min(options.n_workers, len(todo))
    ours = not options.is_remote and not options.dashboard
    if stage.in_threads and ours and workers > 1 and (workers <= _FEW or left < _SOON):
        yield from _run_in_threads(stage, url, token, todo, workers)
        return
    with connect(options, len(todo), left, _needs(stage, url, options)) as crew:
        if crew is None:
            for region in todo:
                yield _checked(_run_here(stage, url, token, region), region)
            return
        yield from _run_on(crew, stage, url, token, todo)


def _needs(stage: Stage, url: str, options: RunOptions) -> WorkerNeeds:
    files = [getattr(stage, name) for name in stage.file_fields]
    return WorkerNeeds(
        modules=(__name__, *({type(stage).__module__} - {"__main__"})),
        packages=stage.packages,
        store=url,
        writes=True,
        files=tuple(file for file in files if file is not None),
        start_seconds=stage.cost.start,
        resource=GPU if options.may_use_gpus else None,
    )


def _run_here(stage: Stage, url: str, token: str, region: Region) -> HelixdaskError | None:
    for attempt in range(ATTEMPTS):
        try:
            return run_region(stage, url, token, region)
        except Exception as error:
            if attempt == ATTEMPTS - 1:
                raise _failed(stage, region, error) from error
            log.warning("%s, region %d: %s; trying again", stage.group(), region.index, words_of(error))
    raise InternalError("unreachable")


def _run_in_threads(stage: Stage, url: str, token: str, todo: list[Region], workers: int) -> Iterator[Region]:
    tell_awaited("", workers)
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(_run_here, stage, url, token, region): region for region in todo}
        try:
            for future in as_completed(futures):
                yield _checked(future.result(), futures[future])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _run_on(crew: Crew, stage: Stage, url: str, token: str, todo: list[Region]) -> Iterator[Region]:
    for region, outcome in run_tasks(crew, run_region, {region: (stage, url, token, region) for region in todo}):
        if isinstance(outcome, Exception) and not isinstance(outcome, HelixdaskError):
            raise _failed(stage, region, outcome) from outcome
        yield _checked(outcome, region)


def _checked(outcome: HelixdaskError | None, region: Region) -> Region:
    if outcome is not None:
        raise outcome
    return region


def _failed(stage: Stage, region: Region, error: Exception) -> StageFailedError:
    killed = type(error).__name__ == "KilledWorker"
    return StageFailedError(
        "its worker died again and again" if killed else f"failed {ATTEMPTS} times: {words_of(error, typed=True)}",
        where=f"{stage.group()}, region {region.index} [{region.start:,}, {region.stop:,})",
        remedy="Finished regions are kept: run the same command again to go on"
        + (", with fewer --workers or a larger --memory-limit." if killed else "."),
    )


def run_region(stage: Stage, url: str, token: str, region: Region) -> HelixdaskError | None:
    """One region on a worker. What the user can mend is returned, so that it is not tried again."""
    store, work = _opened(url, stage.group(), token)
    try:
        with disk_errors(url):
            store.building(stage.group()).take_records()  # of an attempt that failed
            result = stage.run(store, region, work)
            work.save_receipt(region, result, store.building(stage.group()).take_records())
    except HelixdaskError as error:
        return error
    return None


@lru_cache(maxsize=2)
def _opened(url: str, group: str, token: str) -> tuple[Store, Work]:
    """The store and the stage's scratch folder, opened once by each worker in each run."""
    del token
    store = Store(url, check=False)
    store.resume_group(group)
    return store, Work(work_folder(url, group))
