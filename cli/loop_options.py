"""Options that tune and train share: the loop and the loss."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.options import with_shared
from helixdask.errors import BadInputError

__all__ = ["Loop", "with_loop"]

_LOOP = "The loop"
_LOSS = "The loss"


class Decay(StrEnum):
    """How the step size falls."""

    NONE = "none"
    LINEAR = "linear"
    COSINE = "cosine"


class Precision(StrEnum):
    """Of matrix products."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def _option(kind: Any, *names: str, panel: str | None = None, **more: Any) -> Any:
    return Annotated[kind, typer.Option(*names, rich_help_panel=panel, **more)]


_SHARED: dict[str, Any] = {
    "labels": _option(str | None, help="Labels to learn; those of the split by default."),
    "split": _option(str | None, help="Split to learn from; the only one by default."),
    "batch_size": _option(int, min=1, help="Windows in a step; halved when memory is short.", panel=_LOOP),
    "patience": _option(int, min=1, help="Checks without gain before it stops.", panel=_LOOP),
    "check_every": _option(
        int, min=0, help="Steps from one check on the validation windows to the next; 0: each epoch.", panel=_LOOP
    ),
    "max_steps": _option(int, min=0, help="Steps in all, at most; 0: no limit.", panel=_LOOP),
    "max_hours": _option(float, min=0, help="Hours, at most; 0: no limit.", panel=_LOOP),
    "warmup_steps": _option(int, min=0, help="Steps over which the step size rises.", panel=_LOOP),
    "decay": _option(Decay, help="How the step size falls to 0 at the last step.", panel=_LOOP),
    "balance_stores": _option(
        bool, "--balance-stores", help="As many windows of each store in an epoch, whatever its size.", panel=_LOOP
    ),
    "seed": _option(int, help="Seed of new weights and the order of windows.", panel=_LOOP),
    "threads": _option(int, min=0, help="CPU threads; 0: all there are.", panel=_LOOP),
    "resume": _option(
        bool | None,
        "--resume/--no-resume",
        help="Demand to go on from an interrupted run, or never do. Default: if it was this one.",
        panel=_LOOP,
    ),
    "precision": _option(Precision, help="bfloat16: quicker on GPUs that have it.", panel=_LOOP),
    "xla": _option(bool, "--xla", help="Compile with XLA: quicker for small batches on CPUs.", panel=_LOOP),
    "tensorboard": _option(Path | None, metavar="DIR", help="Also write logs for TensorBoard.", panel=_LOOP),
    "class_weights": _option(
        str | None,
        metavar="JSON",
        help="Weights of intergenic, UTR, CDS, intron; `none`: 1. Default: the base model's.",
        panel=_LOSS,
    ),
    "transition_weights": _option(
        str | None,
        metavar="JSON",
        help="Weights at starts and ends of transcripts, CDS and introns; `none`: 1. Default: the base model's.",
        panel=_LOSS,
    ),
    "dry_run": _option(bool, "--dry-run", help="Check everything, print the plan (windows, steps, weights) and stop."),
    "quiet": _option(bool, "--quiet", "-q", help="No progress."),
    "json": _option(bool, "--json", help="Print the result as JSON."),
}
_DEFAULTS: dict[str, Any] = {
    "labels": None,
    "split": None,
    "batch_size": 8,
    "patience": 3,
    "check_every": 0,
    "max_steps": 0,
    "max_hours": 0.0,
    "warmup_steps": 0,
    "decay": Decay.NONE,
    "balance_stores": False,
    "seed": 0,
    "threads": 0,
    "resume": None,
    "precision": Precision.FLOAT32,
    "xla": False,
    "tensorboard": None,
    "class_weights": None,
    "transition_weights": None,
    "dry_run": False,
    "quiet": False,
    "json": False,
}
_OF_THE_COMMAND = ("dry_run", "quiet", "json")


class Loop(dict[str, Any]):
    """The shared options, by name."""

    def settings(self) -> dict[str, Any]:
        """Those that are settings of the training, as it takes them."""
        values = {name: value for name, value in self.items() if name not in _OF_THE_COMMAND}
        values |= {name: self[name].value for name in ("decay", "precision")}
        values["tensorboard"] = str(self["tensorboard"]) if self["tensorboard"] else None
        for name in ("class_weights", "transition_weights"):
            text = values.pop(name)
            if text is not None:
                values[name] = _weights(name, text)
        return values


def _weights(name: str, text: str) -> tuple[float, ...]:
    if text == "none":
        return ()
    option = f"--{name.replace('_', '-')}"
    try:
        found = json.loads(text)
        return tuple(float(value) for value in found)
    except (TypeError, ValueError):
        raise BadInputError(f"{option} is {text!r}", remedy="Write numbers like [0.7,1.6,1.2,1.2], or none.") from None


with_loop = with_shared("loop", _SHARED, _DEFAULTS, Loop)
