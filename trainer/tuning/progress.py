"""What training tells while it runs: events, and the bar, log and picture made from them."""

from __future__ import annotations

import csv
import importlib.util
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from helixdask.amounts import short
from helixdask.engine.progress import WorkProgress
from helixdask.store.objects import disk_errors, whole_file

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Parameters
    ----------
    kind
        ``message``: text for people. ``step``: one batch was trained. ``validation``: one validation batch was
        scored. ``check``: the network was scored on all of them. ``genes``: genes were called from one batch.
    epoch, epochs
        Counted from 1; 0 while the base model is scored.
    done, total
        Batches of this epoch, or of this validation.
    loss
        Mean since the last check.
    windows_per_second, bases_per_second
        Over the epoch so far.
    seconds_left
        Of all epochs, if none ends early.
    scores
        Of a ``check`` event: the row that goes into the log.
    """

    kind: Literal["message", "step", "validation", "check", "genes"]
    epoch: int = 0
    epochs: int = 0
    done: int = 0
    total: int = 0
    loss: float = float("nan")
    windows_per_second: float = 0.0
    bases_per_second: float = 0.0
    seconds_left: float = 0.0
    text: str = ""
    scores: dict[str, Any] = field(default_factory=dict)

    def with_bases(self, window_length: int) -> Event:
        """The same with the rate in bases, too."""
        return replace(self, bases_per_second=self.windows_per_second * window_length)


OnProgress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tell nobody."""


_DONE_IN = {"step": "training", "validation": "validation", "genes": "genes on validation"}


@contextmanager
def show_progress(*, quiet: bool = False) -> Iterator[OnProgress]:
    """Show a training as other work is shown, with a line per check; give what it yields to ``tune``.

    Parameters
    ----------
    quiet
        No bar.
    """
    with WorkProgress("training", None, "batches", quiet=quiet) as progress:
        piece = None

        def on_progress(event: Event) -> None:
            nonlocal piece
            if event.kind in ("message", "check"):
                log.info("%s", event.text, extra={"told": {"kind": event.kind, **event.scores}})
                return
            if piece != (event.kind, event.epoch, event.total):
                piece = (event.kind, event.epoch, event.total)
                where = f"epoch {event.epoch}/{event.epochs}" if event.epoch else "base model"
                progress.begin(event.total, f"{where}, {_DONE_IN[event.kind]}", done=event.done)
            note = f"{short(event.windows_per_second)} windows/s"
            facts = {name: getattr(event, name) for name in ("epoch", "windows_per_second", "bases_per_second")}
            if event.kind != "step":
                progress.at(event.done, note, **facts)
                return
            note = f"{note}, loss {event.loss:.4f}"
            progress.at(event.done, note, seconds_left=event.seconds_left, loss=event.loss, **facts)

        yield on_progress


def write_log(path: Path, history: list[dict[str, Any]]) -> None:
    """Write one row per check as CSV; epoch 0 is the base model."""
    columns = list(dict.fromkeys(name for row in history for name in row))
    with disk_errors(str(path)), whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(history)


def draw_curves(path: Path, history: list[dict[str, Any]]) -> bool:
    """Draw loss and scores of each check as PNG; False where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    trained = [row for row in history if row["epoch"] > 0]
    steps = [row["step"] for row in trained]
    left.plot(steps, [row["loss"] for row in trained], marker="o")
    left.set(xlabel="step", ylabel="training loss")
    for name in ("genic_f1", "utr_f1", "cds_f1", "intron_f1"):
        style = {"linewidth": 2.5} if name == "genic_f1" else {"linewidth": 1.0}
        (line,) = right.plot(steps, [row[name] for row in trained], marker="o", label=name.removesuffix("_f1"), **style)
        base = [row[name] for row in history if row["epoch"] == 0]
        if base:
            right.axhline(base[0], color=line.get_color(), linestyle=":", linewidth=1)
    right.set(xlabel="step", ylabel="F1 on validation (dotted: base model)")
    right.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
    with disk_errors(str(path)), whole_file(path) as aside:
        figure.savefig(aside, dpi=120, format="png")
    return True
