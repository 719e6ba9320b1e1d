"""Stages in processes of their own that are killed, at moments drawn by a seed."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from helixdask.engine.run import run_stage
from tests.engine.all_stages import HERE, copy_before, stage_of
from tests.engine.contents import contents


def run_one(name: str, inputs: str, url: str) -> None:
    """What the killed process does."""
    run_stage(stage_of(name, Path(inputs), url), url, HERE)


def start(function: Callable[..., None], *arguments: str) -> multiprocessing.Process:
    """A process that has everything imported already: the time until it is killed is time of the stage."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=function, args=arguments)
    process.start()
    return process  # type: ignore[return-value]


def kill_and_rerun(name: str, inputs: Path, folder: Path, n: int, seed: int) -> Iterator[str]:
    """Replace a group in a process that is killed, then in this one; yields what is wrong, or nothing, each time.

    Parameters
    ----------
    name
        The stage.
    inputs
        What `make_inputs` made.
    folder
        Scratch.
    n, seed
        Number of kills, and what draws their moments.
    """
    before, done = folder / f"{name}.before", folder / f"{name}.done"
    copy_before(name, inputs, before)
    run_stage(stage_of(name, inputs, str(before), other=True), str(before), HERE)
    shutil.copytree(before, done)
    start(len, "").join()  # the server of processes has started then
    begun = time.monotonic()
    process = start(run_one, name, str(inputs), str(done))
    process.join()
    longest = time.monotonic() - begun
    expected = contents(done)
    rng = random.Random(f"{seed} {name}")
    for number in range(n):
        url = folder / f"{name}.{number}"
        shutil.copytree(before, url)
        process = start(run_one, name, str(inputs), str(url))
        time.sleep(rng.uniform(0.0, 1.0) * longest)
        process.kill()
        process.join()
        run_one(name, str(inputs), str(url))
        found = contents(url)
        different = sorted({*found, *expected} - {path for path in found if found.get(path) == expected.get(path)})
        yield f"{name}, kill {number}: {', '.join(different)}" if different else ""
        shutil.rmtree(url)
