"""A stage that is quick and can be made to misbehave; run as a script it is a command to be killed."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from helixdask.engine.costs import Cost
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.store.store import Store

LENGTHS = [300_000, 1, 77_000, 150_000, 65_536]
HERE = RunOptions(workers=1, quiet=True)
TWO = RunOptions(workers=2, quiet=True)


def make_store(url: str, lengths: list[int], *, shuffle: int | None = None) -> Store:
    """A store whose genome is published, its bases random but the same for the same contig name."""
    order = np.arange(len(lengths)) if shuffle is None else np.random.default_rng(shuffle).permutation(len(lengths))
    sizes = np.array(lengths)[order]
    store = Store.create(url, species="toy")
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.array([f"c{i}" for i in order], dtype=object),
            "contig_length": sizes,
            "contig_offset": np.concatenate([[0], np.cumsum(sizes)[:-1]]),
            "contig_md5": np.zeros((len(sizes), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    codes = [np.random.default_rng(int(i)).integers(0, 4, lengths[i]).astype(np.uint8) for i in order]
    if sum(lengths) < 1e8:
        store.write_region("genome/sequence", 0, np.concatenate(codes))
    store.complete_group("genome", {"digest": "toy"})
    return Store.open(url)


def hold_after(folder: Path, n: int) -> Path:
    """Let each process that runs regions of the toy stage stop after so many, until the file is gone.

    Whoever is to be killed in the middle is there for as long as that takes.
    """
    mark = folder / "hold"
    mark.write_text(str(n))
    return mark


def _wait_while_held(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        while len(list(folder.glob(f"run-*-{os.getpid()}"))) >= int((folder / "hold").read_text()):
            time.sleep(0.01)


def processes_of(folder: Path) -> set[int]:
    """Ids of the processes that have run regions of the toy stage."""
    return {int(path.name.split("-")[3]) for path in folder.glob("run-*")}


@dataclass(frozen=True)
class ToyStage(Stage):
    """Labels each base with its code; ``folder`` counts the runs and says how to misbehave.

    ``setting`` does nothing but be another one.
    """

    folder: str
    label: str = "toy"
    task: int = 1 << 16
    setting: int = 0

    name: ClassVar[str] = "toy"
    cost: ClassVar[Cost] = Cost(work=100.0)

    def group(self) -> str:
        return f"labels/{self.label}"

    def inputs(self, store: Store) -> dict[str, str]:
        return {"genome": store.identity("genome")}

    def region_length(self, n_bases: int) -> int:
        return self.task

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        runs = Path(self.folder)
        _wait_while_held(runs)
        (runs / f"run-{region.index}-{time.time_ns()}-{os.getpid()}").touch()
        for trick in ("fail", "die", "raise-once"):
            mark = runs / f"{trick}-{region.index}"
            if mark.exists():
                if trick != "fail":
                    mark.unlink()
                if trick == "die":
                    os._exit(9)
                raise RuntimeError("as told")
        codes = store.read("genome/sequence", region.start, region.stop)
        store.write_region(f"{self.group()}/label", region.start, np.stack([codes & 3, 3 - (codes & 3)]))
        return RegionResult({"bases": region.length, "ones": int((codes == 1).sum())}, {"first": codes[:1]})

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        store.write_table(f"{self.group()}/findings", {"finding_line": result.tables["first"].astype(np.int64)})
        return {"counts": result.counts}


@dataclass(frozen=True)
class ToyInThreads(ToyStage):
    """The same, in threads of the commanding process."""

    @property
    def in_threads(self) -> bool:
        """Always: the kernels hold no lock."""
        return True


if __name__ == "__main__":
    url, folder, workers = sys.argv[1:4]
    run_stage(ToyStage(folder), url, RunOptions(workers=int(workers), quiet=True))
