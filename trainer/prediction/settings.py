"""Settings of a prediction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from helixdask.settings import Name, Natural, Rules, RuleSet, Shown
from helixdask.trainer.network.card import CoverageNorm

Precision = Literal["float16", "uint8"]


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    """How a genome is predicted; what is None is taken from the model's card.

    Parameters
    ----------
    predictions
        Name of the predictions. Default: the model file's name.
    window_length
        Bases of a window, a multiple of the network's pool size. Default: what the model says.
    overlap
        Average overlapping windows; better at their ends.
    offset
        Bases from window to window. Default: half a window.
    core_length
        Middle of a window that counts. Default: three quarters.
    batch_size
        Windows in a batch. Default: those of about 85,000 bases; on a GPU as many as it has memory for.
    precision
        How probabilities are kept: uint8 (times 255), or float16 at six times the size on disk, from which genes are
        called no better. Default: uint8; with --rules helixer float16.
    coverage
        Coverage set, for a model that sees coverage.
    coverage_norm
        Normalisation. Default: what the model was tuned with.
    threads
        TensorFlow's threads in each worker.
    rules
        ``default``: contigs shorter than a window are padded to the next of a few lengths, see `buckets`.
        ``helixer``: to a whole window.
    """

    predictions: Name | None = None
    window_length: Natural | None = None
    overlap: bool = True
    offset: Annotated[int, Shown(option="--overlap-offset", min=1)] | None = None
    core_length: Natural | None = None
    batch_size: Natural | None = None
    precision: Precision | None = None
    coverage: str | None = None
    coverage_norm: CoverageNorm | None = None
    threads: Natural = 1
    rules: RuleSet = Rules.DEFAULT


def predictions_name(model: str | Path) -> str:
    """Name of predictions where none is given: that of the model's file, as far as the store takes it."""
    return re.sub(r"[^\w.+-]+", "_", Path(model).stem).lstrip(".+-") or "predictions"
