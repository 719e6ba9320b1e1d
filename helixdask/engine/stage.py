"""What a stage is.

A stage turns one thing in the store into another: a genome into predictions, reads into coverage. Its class is a frozen
dataclass whose fields are its settings; :func:`helixdask.engine.run.run_stage` does everything else.
"""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.costs import Cost
from helixdask.engine.settle import clear_work_folder
from helixdask.errors import StoreDamagedError
from helixdask.public_names import public_name
from helixdask.settings import Rules
from helixdask.store.manifest import ObjectRecord
from helixdask.store.objects import Folder, is_url
from helixdask.store.store import Store
from helixdask.store.stored_array import damage_errors


@dataclass(frozen=True)
class Region:
    """A slice ``[start, stop)`` of ``position`` made of whole shards: what one task does."""

    index: int
    start: int
    stop: int

    @property
    def length(self) -> int:
        """Bases in the region."""
        return self.stop - self.start


@dataclass(frozen=True)
class RegionResult:
    """What a task has to tell beside the shards it wrote.

    Parameters
    ----------
    counts
        Numbers that are summed over the regions.
    tables
        Columns that are concatenated in region order.
    """

    counts: dict[str, float] = field(default_factory=dict)
    tables: dict[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def merged(cls, results: list[RegionResult]) -> RegionResult:
        """One result for all regions, in their order."""
        counts: dict[str, float] = {}
        columns: dict[str, list[NDArray[Any]]] = {}
        for result in results:
            for name, value in result.counts.items():
                counts[name] = counts.get(name, 0) + value
            for name, column in result.tables.items():
                columns.setdefault(name, []).append(column)
        return cls(counts, {name: np.concatenate(parts) for name, parts in columns.items()})


class Receipt(NamedTuple):
    """What a finished region left: its result, and a record of each object it wrote, by path within the group."""

    result: RegionResult
    written: dict[str, ObjectRecord]


class Work:
    """Scratch folder of a stage in progress; every worker can read it.

    It lies inside the store, under ``.work/<group>/``, and is removed when the group is published. What was loaded once
    stays in memory: a worker keeps one of these for all its tasks of a run.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._loaded: dict[str, dict[str, NDArray[Any]]] = {}

    def has(self, name: str) -> bool:
        """Whether arrays were saved under a name."""
        return self.folder.exists(f"{name}.npz")

    def save(self, name: str, **arrays: NDArray[Any]) -> None:
        """Save named arrays; whole or not at all."""
        self._loaded.pop(name, None)
        self.folder.write_arrays(f"{name}.npz", arrays)

    def load(self, name: str) -> dict[str, NDArray[Any]]:
        """Arrays that were saved under a name.

        Raises
        ------
        KeyError
            There are none.
        """
        if name not in self._loaded:
            arrays = self._read(f"{name}.npz")
            if arrays is None:
                raise KeyError(name)
            self._loaded[name] = arrays
        return dict(self._loaded[name])

    def save_receipt(self, region: Region, result: RegionResult, written: Mapping[str, ObjectRecord]) -> None:
        """Note that a region is finished, with its result and a record of each object that was written."""
        self.folder.write_arrays(
            _receipt_name(region.index),
            {"_counts": _as_json(result.counts), "_written": _as_json(written), **result.tables},
        )

    def load_receipt(self, index: int) -> Receipt:
        """What a finished region left.

        Raises
        ------
        KeyError
            The region is not finished.
        """
        arrays = self._read(_receipt_name(index))
        if arrays is None:
            raise KeyError(index)
        counts, written = (json.loads(arrays.pop(name).tobytes()) for name in ("_counts", "_written"))
        return Receipt(RegionResult(counts, arrays), {path: ObjectRecord(*record) for path, record in written.items()})

    def load_receipts(self, indices: Iterable[int]) -> list[Receipt]:
        """What finished regions left, in the order of their indices.

        Raises
        ------
        KeyError
            One of the regions is not finished.
        """
        return self.folder.side_by_side(self.load_receipt, indices)

    def _read(self, name: str) -> dict[str, NDArray[Any]] | None:
        try:
            with damage_errors(self.folder.url, "", name):
                return self.folder.read_arrays(name)
        except StoreDamagedError as error:
            raise StoreDamagedError(
                error.problem, where=error.where, remedy="Remove the folder with this unfinished work and begin anew."
            ) from error

    def finished(self) -> set[int]:
        """Indexes of the regions that are finished."""
        return {int(name.split(".")[0]) for name in self.folder.folder("receipts").names()}

    def clear(self) -> None:
        """Remove all but the lock."""
        self._loaded.clear()
        clear_work_folder(self.folder)


def _as_json(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, sort_keys=True).encode(), np.uint8)


def _receipt_name(index: int) -> str:
    return f"receipts/{index:08d}.npz"


@dataclass(frozen=True)
class Stage(ABC):
    """Base of all stages; fields of a subclass are its settings and must be JSON-able.

    The order of events is: ``inputs``, ``prepare`` (once, in the commanding process), creation of the group's tracks,
    ``run`` for each region (on workers, in any order, possibly again after a crash), ``finish`` (once), publication.
    """

    name: ClassVar[str]
    """Verb of the command line."""
    bases_per_task: ClassVar[int] = 1 << 22
    """Bases that one task takes, rounded up to whole shards; 0: the stage has no region tasks."""
    cost: ClassVar[Cost] = Cost()
    """What it takes, from the table of `helixdask.engine.costs`."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Packages beside helixdask's own that tasks import."""
    creates_store: ClassVar[bool] = False
    """Whether the stage starts from nothing (it then has a field ``species``)."""
    file_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that name files. They are made absolute, for workers elsewhere; what identifies a file is in ``inputs``,
    so files may be moved and renamed: names are written down, and nothing is compared by them."""
    not_compared: ClassVar[tuple[str, ...]] = ()
    """Fields that change the last digits of what is made at most, such as the size of a batch: a group that was made
    with others is the same."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Schedulers and workers log stages by their repr: without folders and credentials.
        cls.__repr__ = Stage.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({fields})"

    def __post_init__(self) -> None:
        rules = getattr(self, "rules", None)
        if rules is not None:
            object.__setattr__(self, "rules", Rules(rules))
        for name in self.file_fields:
            path = getattr(self, name)
            if path is not None and not is_url(path):
                object.__setattr__(self, name, str(Path(path).absolute()))

    @property
    def in_threads(self) -> bool:
        """Whether regions run side by side in threads of one process, which start at once.

        For work that is nearly all compiled code without the interpreter's lock; other work takes processes.
        """
        return False

    @property
    def uses_gpus(self) -> bool:
        """Whether regions are computed on GPUs where there are some."""
        return False

    @abstractmethod
    def group(self) -> str:
        """Group of the store that the stage writes."""

    @abstractmethod
    def inputs(self, store: Store) -> dict[str, str]:
        """Everything that is read: a name and a cheap identity for each.

        Raises
        ------
        BadInputError
            Something is missing or cannot be used. All checks that can be made before work starts belong here.
        """

    def settings(self) -> dict[str, Any]:
        """The fields, as JSON-able values; of files only their names."""
        fields = dataclasses.asdict(self)
        return fields | {name: public_name(fields[name]) for name in self.file_fields if fields[name] is not None}

    def estimate_bases(self, store: Store | None) -> int:
        """Bases there will be to work on; only a stage that creates its store does not know."""
        return store.n_bases if store is not None else 0

    def region_length(self, n_bases: int) -> int:
        """Bases of a region before rounding; it may follow from settings and genome length, never from the machine."""
        del n_bases
        return self.bases_per_task

    def estimate_seconds(self, n_bases: int) -> float:
        """Rough time for the whole genome on one worker: for the plan, and to see if a cluster is worth starting."""
        return self.cost.work_seconds(n_bases)

    def estimate_seconds_on_gpu(self, n_bases: int) -> float:
        """The same on one GPU, for stages that use it."""
        return self.estimate_seconds(n_bases)

    def estimate_bytes(self, n_bases: int) -> float:
        """Rough size of what is written, compressed."""
        return self.cost.disk * n_bases

    def estimate_memory(self, region_length: int) -> float:
        """Rough peak memory of a worker in bytes."""
        return self.cost.worker_memory + self.cost.worker_per_base * region_length

    def dtypes(self) -> dict[str, str]:
        """Types of the tracks that differ from the registry's default."""
        return {}

    def left_out(self) -> Collection[str]:
        """Optional tracks of the group that the stage does not make."""
        return ()

    def prepare(self, store: Store, work: Work) -> None:  # noqa: B027 most stages have nothing to prepare
        """Do once what all tasks need. May run again after a crash: check ``work.has`` for what is costly."""

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Do one region: read, compute, ``store.write_region``. The same bytes for the same region, anywhere."""
        raise NotImplementedError

    @abstractmethod
    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write small tables from the merged result and return attributes for the group, JSON-able."""
