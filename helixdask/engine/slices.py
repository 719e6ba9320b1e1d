"""Work over slices of a genome that writes nothing: counts and sums, here or on Dask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from helixdask.engine.cluster import RunOptions, WorkerNeeds, connect
from helixdask.engine.cluster_tasks import run_tasks
from helixdask.engine.progress import WorkProgress
from helixdask.errors import HelixdaskError, StageFailedError, words_of
from helixdask.store.store import Store


def slices_of(store: Store, bases: int) -> list[tuple[int, int]]:
    """Slices of the whole genome that are made of whole shards and have at least so many bases, but for the last."""
    step = -(-bases // store.shard_length) * store.shard_length
    return [(start, min(start + step, store.n_bases)) for start in range(0, store.n_bases, step)]


def run_slices(
    work: Callable[..., Any],
    shared: tuple[Any, ...],
    slices: Sequence[tuple[int, int]],
    options: RunOptions,
    seconds: float,
    store: str | None = None,
    *,
    title: str = "",
) -> Iterator[tuple[int, Any]]:
    """Do the same for many slices, on Dask where that is worth it; results come as they are finished.

    Parameters
    ----------
    work
        Called as ``work(shared, start, stop)``; a function of a module.
    shared
        Sent to each worker once.
    slices
        Start and stop of each on ``position``.
    options
        How to run.
    seconds
        Estimate for one worker.
    store
        Path or URL of the store that is read, which workers must see.
    title
        Shown beside the progress; without one no progress is shown.

    Yields
    ------
    tuple
        Index of the slice, and what `work` returned.

    Raises
    ------
    StageFailedError
        A worker died, or failed, again and again.
    """
    needs = WorkerNeeds(modules=(work.__module__,), store=store)
    n_bases = sum(stop - start for start, stop in slices)
    with WorkProgress(title, n_bases, quiet=options.quiet or not title) as progress:
        for index, result in _results(work, shared, slices, options, seconds, needs):
            progress.advance(slices[index][1] - slices[index][0])
            yield index, result


def _results(
    work: Callable[..., Any],
    shared: tuple[Any, ...],
    slices: Sequence[tuple[int, int]],
    options: RunOptions,
    seconds: float,
    needs: WorkerNeeds,
) -> Iterator[tuple[int, Any]]:
    with connect(options, len(slices), seconds, needs) as crew:
        if crew is None:
            for index, (start, stop) in enumerate(slices):
                yield index, work(shared, start, stop)
            return
        for index, result in run_tasks(crew, work, dict(enumerate(slices)), shared):
            if isinstance(result, HelixdaskError):
                raise result
            if isinstance(result, Exception):
                raise _failed(slices[index], result) from result
            yield index, result


def _failed(place: tuple[int, int], error: Exception) -> StageFailedError:
    killed = type(error).__name__ == "KilledWorker"
    return StageFailedError(
        "its worker died again and again" if killed else words_of(error, typed=True),
        where=f"bases {place[0]:,} to {place[1]:,}",
        remedy="Run it with fewer --workers or a larger --memory-limit." if killed else "",
    )
