"""A Dask cluster that somebody else started: what is waited for is said, and what cannot work is refused."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.versions import get_versions

from helixdask.engine.crew import Crew, within
from helixdask.engine.worker_probe import WorkerNeeds, find_problem
from helixdask.errors import BadInputError
from helixdask.store.objects import Folder

log = logging.getLogger(__name__)

_SAY_AFTER = 5.0
_SAY_AGAIN = 60.0
_EXAMINE_SECONDS = 120.0
_GRACE_SECONDS = 5.0
"""How long workers that can be used may come after those that cannot."""
_CLOSE_SECONDS = 10.0
_MUST_BE_EQUAL = {"helixdask": 9, "distributed": 2, "dask": 2}
"""Packages, and how many parts of their versions."""
_SHOULD_BE_EQUAL = ("numpy", "numba", "zarr", "numcodecs", "tensorflow", "tensorflow-cpu", "keras")
_PACKAGES = (*_MUST_BE_EQUAL, *_SHOULD_BE_EQUAL)


@contextlib.contextmanager
def given_cluster(
    address: str | None,
    scheduler_file: str | None,
    needs: WorkerNeeds,
    *,
    connect_seconds: float,
    worker_seconds: float,
    dashboard: bool = False,
    supply: Callable[[int], None] | None = None,
) -> Iterator[Crew]:
    """Connect to a cluster, wait for workers, and see that they can do the tasks.

    Parameters
    ----------
    address, scheduler_file
        One of them.
    needs
        What tasks need.
    connect_seconds, worker_seconds
        How long to wait for the scheduler, and for workers.
    dashboard
        Log the address of the scheduler's dashboard.
    supply
        Called again and again with the number of tasks that are left: where workers can be asked for, it does.

    Yields
    ------
    Crew
        At least one worker that can be used. Others are taken when they join and can be used, too.

    Raises
    ------
    BadInputError
        The scheduler does not answer, there is no worker, or none that can be used.
    """
    where = str(address or scheduler_file)
    with _said(f"waiting for the Dask scheduler {where}, {connect_seconds:.0f} s at most"):
        if scheduler_file:
            _await_file(scheduler_file, connect_seconds)
        client = _connected(address, scheduler_file, where, connect_seconds)
    where = client.scheduler.address
    try:
        with _token(needs) as token:
            crew = Crew(
                client,
                where,
                worker_seconds,
                lambda client, new: _examine(client, new, needs, token),
                supply,
                needs.resource,
            )
            _refuse_scheduler(client, where)
            _gather(crew, worker_seconds)
            if dashboard:
                _tell_dashboard(client)
            yield crew
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=_CLOSE_SECONDS)


def _await_file(path: str, seconds: float) -> None:
    """Wait for a scheduler file, which a cluster that is just starting may not have written yet."""
    end = time.monotonic() + seconds
    while not Path(path).exists():
        if time.monotonic() > end:
            raise BadInputError(
                "the Dask scheduler does not answer: it has written no file",
                where=path,
                remedy="Check the path, and that the scheduler runs.",
            )
        time.sleep(0.1)


def _connected(address: str | None, scheduler_file: str | None, where: str, seconds: float) -> Any:
    try:
        return Client(address=address, scheduler_file=scheduler_file, timeout=seconds)
    except (OSError, TimeoutError, ValueError, ImportError) as error:
        raise BadInputError(
            f"the Dask scheduler does not answer: {str(error) or type(error).__name__}",
            where=where,
            remedy="Check the address, and that the scheduler runs.",
        ) from error


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Say what is waited for, if it takes long."""
    timer = threading.Timer(_SAY_AFTER, log.info, [what])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _token(needs: WorkerNeeds) -> Iterator[str | None]:
    """A folder in the store by which workers know that it is this one."""
    if needs.store is None or not needs.writes:
        yield None
        return
    name = f".work/.probe-{uuid.uuid4().hex}"
    folder = Folder(needs.store).folder(name)
    folder.write("token", b"written")
    try:
        yield name
    finally:
        with contextlib.suppress(Exception):
            folder.remove()


def _gather(crew: Crew, seconds: float) -> None:
    """Wait for the first worker that can be used."""
    start = time.monotonic()
    said: float | None = None
    refused_since: float | None = None
    while True:
        with _said(f"asking the workers of {crew.where} what they can do"):
            crew.meet()
        now = time.monotonic()
        if crew.workers:
            break
        if not crew.refused:
            refused_since = None
        elif refused_since is None:
            refused_since = now
        elif now - refused_since > _GRACE_SECONDS:
            raise BadInputError(
                f"none of the {len(crew.refused):,} workers can be used: {crew.reasons(sorted(crew.refused))}",
                where=crew.where,
                remedy="Start the workers in the same environment as this command, where they see the same files "
                "under the same paths.",
            )
        if now - start > seconds:
            raise BadInputError(
                f"the Dask scheduler has no workers, and none has joined within {seconds:.0f} s",
                where=crew.where,
                remedy="Start workers (dask worker ...), or wait longer with --worker-timeout.",
            )
        if not crew.refused and (said is None or now - said > _SAY_AGAIN):
            said = now
            log.info(
                "%s has no workers yet; waiting %.0f s at most (--worker-timeout)", crew.where, seconds - now + start
            )
        time.sleep(0.2)
    if crew.refused:
        log.warning("%d workers are not used: %s", len(crew.refused), crew.reasons(sorted(crew.refused)))


def _refuse_scheduler(client: Any, where: str) -> None:
    """The scheduler unpickles what it passes on, so it needs the package, too."""
    theirs = within(_EXAMINE_SECONDS, client.run_on_scheduler, get_versions, _PACKAGES)["packages"]
    problem = _mismatch(theirs, get_versions(_PACKAGES)["packages"])
    if problem:
        raise BadInputError(
            f"the Dask scheduler cannot be used: {problem}",
            where=where,
            remedy="Start the scheduler in the same environment as this command.",
        )


def _examine(client: Any, new: Sequence[str], needs: WorkerNeeds, token: str | None) -> dict[str, str | None]:
    """What keeps workers from doing tasks."""
    here = get_versions(_PACKAGES)["packages"]
    problems: dict[str, str | None] = {}
    differing: dict[str, list[str]] = {}
    for address, answer in _run_on(client, new, get_versions, _PACKAGES).items():
        if isinstance(answer, BaseException):
            problems[address] = f"it does not answer: {_text(answer)}"
            continue
        problems[address] = _mismatch(answer["packages"], here)
        for name in _SHOULD_BE_EQUAL:
            if answer["packages"].get(name) != here.get(name):
                differing.setdefault(f"{name} ({answer['packages'].get(name)}, here {here.get(name)})", []).append(
                    address
                )
    asked = [address for address in new if problems.setdefault(address, "it does not answer") is None]
    what = (needs.modules, needs.packages, needs.store, token, needs.local_files())
    for address, answer in _run_on(client, asked, find_problem, *what).items():
        failed = isinstance(answer, BaseException)
        problems[address] = f"the package cannot be imported there: {_text(answer)}" if failed else answer
    told = [text for text, addresses in differing.items() if any(problems[address] is None for address in addresses)]
    if told:
        log.warning("workers have other versions: %s; the last digits of results may differ", ", ".join(told))
    return problems


def _run_on(client: Any, workers: Sequence[str], function: Callable[..., Any], *arguments: Any) -> Mapping[str, Any]:
    """What a function returns on each worker, or the exception that it raises there."""
    if not workers:
        return {}
    try:
        answers: dict[str, Any] = within(
            _EXAMINE_SECONDS, client.run, function, *arguments, workers=list(workers), on_error="return"
        )
    except TimeoutError as error:
        return dict.fromkeys(workers, error)
    return answers


def _mismatch(theirs: Mapping[str, str | None], ours: Mapping[str, str | None]) -> str | None:
    """Which package keeps two processes from working together."""
    parts = {**_MUST_BE_EQUAL, "python": 2}
    for name, count in parts.items():
        there, here = str(theirs.get(name)), str(ours.get(name))
        if theirs.get(name) is None:
            return f"{name} is not installed there"
        if there.split(".")[:count] != here.split(".")[:count]:
            return f"it has {name} {there}, here is {here}"
    return None


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _tell_dashboard(client: Any) -> None:
    try:
        log.info("dashboard: %s", client.dashboard_link)
    except KeyError:
        log.warning("the scheduler has no dashboard")
