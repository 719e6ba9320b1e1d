"""The stages that choose windows and split them into training and validation. Both are small and run at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.identity import file_identity
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.inputs.tables import read_rows
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.registry import arrays_of
from helixdask.selection.on_tables import refuse_other_measures, refuse_other_rules, select, split, usable_windows
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.selection.split import TRAIN, VALIDATION
from helixdask.selection.table import read_table, windows_behind, windows_of
from helixdask.store.store import Store

__all__ = ["SelectStage", "SplitStage"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SelectStage(SelectSettings, Stage):
    """Windows to learn from, into ``selections/<output>``.

    Parameters
    ----------
    unannotated
        Whether windows of contigs without any labelled gene may be chosen. By default only where labels were called
        from predictions: an annotation that is silent about a contig does not say that it has no genes.
    """

    windows: str | None = "default"
    unannotated: bool | None = None

    name: ClassVar[str] = "select"
    bases_per_task: ClassVar[int] = 0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"selections/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Digest of the windows.

        Raises
        ------
        BadInputError
            The windows are not there, or were not measured as the rules need it.
        """
        group = f"windows/{store.resolve('windows', self.windows)}"
        attrs = store.attrs(group)
        if not attrs.get("labels") and not attrs.get("predictions"):
            raise MissingInputError(
                "these windows were measured without labels and predictions",
                where=group,
                remedy="Run helixdask windows with --labels or --predictions, under another --name.",
            )
        if self.by is None:
            refuse_other_rules(attrs, self.rules, group)
        columns = {name.removeprefix("window_") for name in arrays_of(group) if store.has_array(f"{group}/{name}")}
        refuse_other_measures(self.by, self.largest, columns, group)
        return {group: store.identity(group)}

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Choose, write the rows, and return the strata."""
        table = read_table(store, self.windows)
        chosen = select(
            table,
            self.keep_fraction,
            keep_bases=self.keep_bases,
            keep_windows=self.keep_windows,
            max_intergenic=self.max_intergenic,
            by=self.by,
            largest=self.largest,
            unannotated=self.unannotated,
            rules=self.rules,
        )
        rows = np.flatnonzero(chosen["kept"].to_numpy())
        weight = chosen["weight"].to_numpy()[rows]
        store.write_table(self.group(), {"window_row": rows, "window_weight": weight})
        return {
            "windows": self.windows,
            "labels": table.attrs.get("labels"),
            "predictions": table.attrs.get("predictions"),
            "window_length": table.attrs["window_length"],
            "rules": self.rules,
            "n_windows": table.sizes["window"],
            "n_usable": int(usable_windows(table, self.unannotated).sum()),
            "n_kept": len(rows),
            "bases_kept": sum(stratum["kept_bases"] for stratum in chosen.attrs["strata"]),
            "strata": chosen.attrs["strata"],
        }


@dataclass(frozen=True)
class SplitStage(SplitSettings, Stage):
    """Training and validation windows, into ``splits/<output>``; the fields are those of the settings."""

    selection: str | None = "default"

    name: ClassVar[str] = "split"
    file_fields: ClassVar[tuple[str, ...]] = ("groups", "aliases")
    bases_per_task: ClassVar[int] = 0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"splits/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Digests of the selection, its windows and the file of groups.

        Raises
        ------
        BadInputError
            Something is missing, or the windows were made anew after the selection.
        """
        if not 0 <= self.seed < 1 << 32:
            raise BadInputError(f"a seed of {self.seed}", remedy="Use --seed from 0 to 4,294,967,295.")
        group = f"selections/{store.resolve('selections', self.selection)}"
        windows = f"windows/{windows_behind(store, group)}"
        found = {group: store.identity(group), windows: store.identity(windows)}
        if self.groups:
            groups = self.groups
            found["groups"] = file_identity(groups)
            found |= aliases_input(self.aliases, store.contigs, lambda: names_in_text(groups, "table").names)
        return found

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Split, write rows and sides, and return what came where."""
        selection = store.attrs(f"selections/{self.selection}")
        rows = store.table(f"selections/{self.selection}")["window_row"]
        chosen = read_table(store, str(selection["windows"])).isel(window=rows)
        groups = _read_groups(self.groups, store, self.aliases) if self.groups else None
        made = split(chosen, self.val_fraction, seed=self.seed, groups=groups, rules=self.rules)
        side, windows = made["side"].to_numpy(), windows_of(made)
        kept = side >= 0
        store.write_table(self.group(), {"window_row": rows[kept], "window_side": side[kept]})
        size = windows.end - windows.start
        sides = {"train": side == TRAIN, "validation": side == VALIDATION}
        attrs: dict[str, Any] = {
            "windows": selection["windows"],
            "selection": self.selection,
            "labels": selection["labels"],
            "predictions": selection["predictions"],
            "window_length": selection["window_length"],
            "rules": self.rules,
            "seed": self.seed,
            "by_blocks": made.attrs["by_blocks"],
            "guard": made.attrs["guard"],
            "n_left_out": int((~kept).sum()),
            "n_windows": {name: int(mine.sum()) for name, mine in sides.items()},
            "n_bases": {name: int(size[mine].sum()) for name, mine in sides.items()},
            "n_contigs": {name: len(np.unique(windows.contig[mine])) for name, mine in sides.items()},
        }
        if attrs["by_blocks"]:
            log.warning(
                "%s: contigs are too few or too unequal to give %g of the bases to validation, so they were cut into "
                "blocks; %d windows within %d bases of a validation block were left out",
                self.group(),
                self.val_fraction,
                attrs["n_left_out"],
                attrs["guard"],
            )
        if not sides["validation"].any():
            log.warning("%s: by Helixer's rules nothing is left for validation", self.group())
        return attrs


def _read_groups(path: str, store: Store, aliases: str | None) -> NDArray[np.int64]:
    """Group number of each contig; one that the file does not name is a group of its own.

    The file may name contigs that the genome does not have, as one for a whole assembly does; a first line
    ``contig<tab>group`` is a header.
    """
    numbers: dict[str, int] = {}
    unknown: list[str] = []
    others = aliases_of(aliases, store.contigs)
    group = np.arange(len(store.contigs), dtype=np.int64)
    for fields, where in read_rows(path, "A table of contigs and groups", header=("contig", "group")):
        if len(fields) < 2 or not all(fields[:2]):
            raise BadInputError("a line is not CONTIG, tab, GROUP", where=where, remedy="Separate them by a tab.")
        contig, name = fields[:2]
        known = contig if contig in store.contigs else others.get(contig)
        if known is None:
            unknown.append(contig)
            continue
        if name == ".":  # of which too little is seen, as `kinship` writes it
            continue
        group[store.contigs.index(known)] = numbers.setdefault(name, len(group) + len(numbers))
    if unknown:
        listed = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        if not numbers:
            remedy = f"It names: {listed}. Other names of the genome's contigs are given with --aliases."
            raise BadInputError("no contig of the genome is named", where=path, remedy=remedy)
        log.warning("%s: %d contigs are not in the genome and are left out: %s", path, len(unknown), listed)
    return group
