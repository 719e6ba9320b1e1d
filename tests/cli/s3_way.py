"""prepare, tune and annotate on a store in S3, the first of them in two runs; what each stage asked the server for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from unittest import mock

from helixdask.engine import run
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import Summary
from helixdask.sequence.settings import EncodeSettings
from helixdask.trainer.recipes import PrepareSettings, annotate, prepare
from helixdask.trainer.tuning.settings import TuneSettings
from tests.s3_server import Bucket

Requests = dict[str, Counter[str]]


class Interrupted(BaseException):
    """Stands for Ctrl-C in the middle of a stage."""


def interrupted_in(name: str):
    """Regions are run as ever, but of one stage the first alone."""
    run_regions = run.run_regions

    def some(stage, store, todo, options):
        if stage.name == name:
            yield from run_regions(stage, store, todo[:1], options)
            raise Interrupted
        yield from run_regions(stage, store, todo, options)

    return mock.patch.object(run, "run_regions", some)


def whole_way(bucket: Bucket, species, model: Path, folder: Path, options: RunOptions):
    """Both runs of `prepare`, tune, annotate.

    Returns
    -------
    tuple
        Summaries of the first and the second run, the result of the tuning, and requests by group and for the tuning.
    """
    from helixdask.trainer.tuning.tune import tune

    url = f"{bucket.url}/genome.zarr"
    genome = EncodeSettings(str(species.genome), "simulated")
    settings = PrepareSettings(genome, url, gff3=str(species.truth), model=str(model), window_length=3600)
    runs: list[list[Summary]] = []
    requests: Requests = {}

    def on_stage(summary: Summary) -> None:
        runs[-1].append(summary)
        group = summary.group if summary.state == "done" else f"{summary.group}, there already"
        requests[group] = bucket.taken()

    runs.append([])
    try:
        with interrupted_in("predict"):
            prepare(settings, options, on_stage)
    except Interrupted:
        bucket.taken()
    runs.append([])
    prepare(settings, options, on_stage)
    tuned = str(folder / "tuned.keras")
    result = tune(TuneSettings((url,), tuned, model=str(model), mode="head", max_steps=3, threads=1))
    requests["tune"] = bucket.taken()
    runs.append([])
    annotate(url, tuned, str(folder / "genes.gff3"), options, on_stage=on_stage)
    return runs[0], runs[1], result, requests
