"""The stage that divides windows among training, validation and test. It is small and runs at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.errors import MissingInputError
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.registry import SIDES
from helixdask.selection.group_table import read_groups
from helixdask.selection.kin import kin_of
from helixdask.selection.leakage import HISTOGRAM_LABELS, leakage_of, shared_with_training
from helixdask.selection.on_tables import MEASURES_OF_USE, split, usable_windows
from helixdask.selection.settings import SplitSettings
from helixdask.selection.sides import Kin
from helixdask.selection.split import VALIDATION
from helixdask.selection.table import chosen_rows, read_table, windows_behind, windows_of
from helixdask.settings import Rules
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SplitStage(SplitSettings, Stage):
    """Training, validation and test windows, into ``splits/<output>``; the fields are those of the settings."""

    windows: str | None = "default"

    name: ClassVar[str] = "split"
    cost: ClassVar[Cost] = COSTS["split"]
    file_fields: ClassVar[tuple[str, ...]] = ("groups", "aliases")
    bases_per_task: ClassVar[int] = 0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"splits/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Digests of the windows, the selection, the kinship and the file of groups.

        Raises
        ------
        BadInputError
            Something is missing or cannot be used, or the windows were made anew after the selection.
        """
        self.check()
        found = {}
        windows = f"windows/{self._windows(store)}"
        if self.selection is not None:
            group = f"selections/{self.selection}"
            found[group] = store.identity(group)
        attrs = store.attrs(windows)
        if not attrs.get("labels") and not attrs.get("predictions"):
            raise MissingInputError(
                "these windows were measured without labels and predictions",
                where=windows,
                remedy="Run helixdask windows with --labels or --predictions, under another --name.",
            )
        found[windows] = store.identity(windows)
        if (kinship := self._kinship(store)) is not None:
            found[f"kinship/{kinship}"] = store.identity(f"kinship/{kinship}")
        if self.groups:
            groups = self.groups
            found["groups"] = file_identity(groups)
            found |= aliases_input(self.aliases, store.contigs, lambda: names_in_text(groups, "table").names)
        return found

    def _windows(self, store: Store) -> str:
        if self.selection is None:
            return store.resolve("windows", self.windows)
        return windows_behind(store, f"selections/{store.resolve('selections', self.selection)}")

    def _kinship(self, store: Store) -> str | None:
        """What is known of copies: the name of a group; None for nothing."""
        if self.kinship == "off" or self.rules == Rules.HELIXER:
            return None
        if self.kinship == "auto":
            return store.resolve("kinship", None) if store.names("kinship") else None
        return store.resolve("kinship", self.kinship)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Divide, write rows and sides, and return what came where."""
        table = read_table(store, self._windows(store), measures=(*MEASURES_OF_USE, "class_count"))
        rows = np.arange(table.sizes["window"])
        if self.selection is not None:
            rows = chosen_rows(store, f"selections/{self.selection}", len(rows))
        elif self.rules != Rules.HELIXER:
            rows = np.flatnonzero(usable_windows(table, None))
        table = table.isel(window=rows)
        kinship, kin = self._kinship(store), None
        if self.rules != Rules.HELIXER:
            kin = self._kin(store, kinship, table)
        made = split(
            table,
            self.val_fraction,
            test_fraction=self.test_fraction,
            seed=self.seed,
            kin=kin,
            unannotated=True,  # unusable windows were left out above
            rules=self.rules,
        )
        side = made["side"].to_numpy()
        kept = side >= 0
        store.write_table(self.group(), {"window_row": rows[kept], "window_side": side[kept]})
        attrs = {
            **{key: table.attrs.get(key) for key in ("windows", "labels", "predictions", "window_length")},
            "selection": self.selection,
            "kinship": kinship,
            "rules": self.rules,
            "seed": self.seed,
            **{key: made.attrs[key] for key in ("by_blocks", "guard")},
            "n_left_out": int((~kept).sum()),
            "n_near_copies": made.attrs["near_copies"],
            **_amounts(made),
        }
        if kin is not None and kin.knows_copies:
            attrs["least_shared_kmers"] = made.attrs["least_shared"]
            attrs |= self._leakage(table, side, kin)
        self._warn(attrs, kinship)
        return attrs

    def _kin(self, store: Store, kinship: str | None, table: xr.Dataset) -> Kin:
        given = None
        if self.groups:
            given = read_groups(self.groups, store.contigs, aliases_of(self.aliases, store.contigs))
        return kin_of(store, kinship, given, windows_of(table))

    def _leakage(self, table: xr.Dataset, side: NDArray[np.int8], kin: Kin) -> dict[str, list[dict[str, Any]]]:
        """Near copies in training, of this split and of one that knows nothing of copies; as shares and by k-mers."""
        coding = table["class_count"].to_numpy()[:, 2].astype(np.int64)
        naive = split(table, self.val_fraction, test_fraction=self.test_fraction, seed=self.seed, unannotated=True)[
            "side"
        ].to_numpy()
        both = {"this one": side, "contigs by lot": naive}
        counts = {name: shared_with_training(sides, kin).tolist() for name, sides in both.items()}
        return {
            "leakage": [{"split": name, **leakage_of(sides, kin, coding)._asdict()} for name, sides in both.items()],
            "shared_kmers": [
                {"k-mers": label, **{name: counts[name][i] for name in both}}
                for i, label in enumerate(HISTOGRAM_LABELS)
            ],
        }

    def _warn(self, attrs: dict[str, Any], kinship: str | None) -> None:
        group = self.group()
        if self.rules == Rules.HELIXER:
            if not attrs["n_windows"][SIDES[VALIDATION]]:
                log.warning("%s: by Helixer's rules nothing is left for validation", group)
            return
        if attrs["by_blocks"]:
            log.warning(
                "%s: contigs are too few, too unequal or too much alike to give %g of the bases to validation, so they "
                "were cut into blocks; windows within %s bases of another side were left out",
                group,
                self.val_fraction,
                f"{attrs['guard']:,}",
            )
        if kinship is None and self.kinship == "auto":
            log.warning(
                "%s: copies were not looked for; where the genome has some, such as homoeologs, validation scores look "
                "better than they are. `helixdask kinship` finds them",
                group,
            )


def _amounts(table: xr.Dataset) -> dict[str, dict[str, int]]:
    """Windows, bases and contigs of each side that there is."""
    windows, side = windows_of(table), table["side"].to_numpy()
    size = windows.end - windows.start
    sides = {name: side == code for code, name in enumerate(SIDES) if code <= VALIDATION or (side == code).any()}
    return {
        "n_windows": {name: int(mine.sum()) for name, mine in sides.items()},
        "n_bases": {name: int(size[mine].sum()) for name, mine in sides.items()},
        "n_contigs": {name: len(np.unique(windows.contig[mine])) for name, mine in sides.items()},
    }
