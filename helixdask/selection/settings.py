"""Settings of a selection and of a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from helixdask.errors import BadInputError
from helixdask.settings import InputFile, Name, NameTable, Natural, Rules, RuleSet, Share, Shown

KEEP_FRACTION: Final = 0.2
"""Share of the bases that is kept of windows that predictions rank."""

INTERGENIC_CAP: Final = 0.35
"""Largest share of the kept bases that fully intergenic windows may have."""


@dataclass(frozen=True)
class SelectSettings:
    """Which windows to learn from.

    Parameters
    ----------
    windows
        Choose from this table of windows, whatever it was measured against.
    split
        Choose among the training windows of this split only.
    keep_fraction
        Share of the bases to keep. Default: 0.2 where windows are ranked, all where there are no predictions.
    keep_bases
        The same as a number of bases.
    keep_windows
        The same as a number of whole windows.
    max_intergenic
        Largest share of what is kept that is fully intergenic; less is kept rather than more of that.
    output
        Name of the selection.
    by
        Ranks the windows: a measure of them, of which small values are kept, or distance, balanced-distance,
        genic-doubt or evidence. Default: the mean distance between labels and predictions.
    largest
        Keep windows with large values of the measure instead.
    stratify
        Measure by which strata with genes are divided again, so that what is kept has the genome's distribution of it.
    min_support
        Least share of the exonic bases that reads cover; windows are measured by the only coverage set, if need be.
    max_copies
        Windows that are near copies of each other, of which so many may be kept.
    kinship
        What tells near copies for --max-copies; the only kinship by default.
    rules
        ``helixer``: as Helixer's script does; needs windows measured by the same rules.
    """

    windows: str | None = None
    split: str | None = None
    keep_fraction: Share | None = None
    keep_bases: Natural | None = None
    keep_windows: Natural | None = None
    max_intergenic: Share = INTERGENIC_CAP
    output: Name = "default"
    by: Annotated[str | None, Shown(metavar="MEASURE")] = None
    largest: bool = False
    stratify: Annotated[str | None, Shown(metavar="MEASURE")] = None
    min_support: Share | None = None
    max_copies: Natural | None = None
    kinship: str | None = None
    rules: RuleSet = Rules.DEFAULT

    def check(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        BadInputError
            Says which settings.
        """
        more = {"--stratify": self.stratify, "--min-support": self.min_support, "--max-copies": self.max_copies}
        given = [option for option, value in more.items() if value is not None]
        if self.rules == Rules.HELIXER and given:
            raise BadInputError(f"Helixer's selection does not know {', '.join(given)}", remedy="Leave it out.")
        if self.kinship is not None and self.max_copies is None:
            raise BadInputError("a kinship is named, but no cap for copies", remedy="Add --max-copies.")


@dataclass(frozen=True)
class SplitSettings:
    """What goes to training, what to validation and what to test.

    Parameters
    ----------
    windows
        Table of windows whose usable windows are all divided; the only one by default.
    selection
        Divide only the windows of this selection.
    val_fraction
        Share of the bases for validation.
    test_fraction
        Share of the bases for the final test, which nothing is chosen by.
    seed
        Seed of the draw.
    kinship
        Groups of copies that `helixdask kinship` found, which stay on one side: auto, the only ones if there are some;
        off; or a name.
    groups
        Tab-separated contig and group, which wins over what kinship found; contigs of group `.` only train.
    output
        Name of the split.
    rules
        ``helixer``: by number of sequences, as Helixer's N90 script does; validation may then be empty.
    aliases
        Table of other names of contigs, for the file of groups.
    """

    windows: str | None = None
    selection: str | None = None
    val_fraction: Share = 0.2
    test_fraction: Share = 0.0
    seed: int = 0
    kinship: Annotated[str, Shown(metavar="auto|off|NAME")] = "auto"
    groups: InputFile | None = None
    output: Name = "default"
    rules: RuleSet = Rules.DEFAULT
    aliases: NameTable | None = None

    def check(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        BadInputError
            Says which setting.
        """
        if not 0 <= self.seed < 1 << 32:
            raise BadInputError(f"a seed of {self.seed}", remedy="Use --seed from 0 to 4,294,967,295.")
        if self.rules == Rules.HELIXER and (self.test_fraction or self.groups):
            raise BadInputError(
                "Helixer's split knows neither a test side nor groups", remedy="Leave --test-fraction and --groups out."
            )
