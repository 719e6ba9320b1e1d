"""What a call depends on beside the predictions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from helixdask.calling.hmm import Hmm, build_hmm
from helixdask.calling.regions import check_thresholds
from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import STANDARD

__all__ = ["DEFAULTS", "CallSettings"]

#: What settings of the gene model are where they are not given; docs/calling.md shows what they rest on.
DEFAULTS = {"min_exon_length": 6, "min_intron_length": 35, "splice_site_cost": 60.0, "phase_weight": 0.2}


@dataclass(frozen=True)
class CallSettings:
    """Settings of a call; the fields are those of the stage.

    Attributes
    ----------
    window_size, edge_threshold, peak_threshold
        The window scan: bases per window; the genic share that a window needs to belong to a region; the share that
        some window of a region must exceed.
    min_coding_length
        Genes with fewer coding bases are left out.
    rules
        "default", or "helixer" for exactly what HelixerPost does; then the settings below are fixed.
    min_exon_length, min_intron_length
        Shortest exon and intron of a path, in bases. None: `DEFAULTS`.
    splice_site_cost
        Bits that each wrong base of a splice site costs. None: `DEFAULTS`.
    phase_weight
        How much of a codon base's probability comes from the phase output, 0 to 1. None: `DEFAULTS`.
    genetic_code
        NCBI's number of the genetic code: which codons end a gene.
    min_score
        Genes with a lower score, a probability, are left out; 0: none are.
    """

    window_size: int = 100
    edge_threshold: float = 0.1
    peak_threshold: float = 0.8
    min_coding_length: int = 60
    rules: str = "default"
    min_exon_length: int | None = None
    min_intron_length: int | None = None
    splice_site_cost: float | None = None
    phase_weight: float | None = None
    genetic_code: int = STANDARD
    min_score: float = 0.0

    def check(self) -> None:
        """Refuse what cannot be meant.

        Raises
        ------
        BadInputError
            A threshold or length out of range, unknown rules, or a setting that helixer rules do not have.
        """
        check_thresholds(self.window_size, self.edge_threshold, self.peak_threshold)
        if self.min_coding_length < 0:
            raise BadInputError("the shortest coding sequence is negative", remedy="Use 0 or more.")
        if not 0.0 <= self.min_score <= 1.0:
            raise BadInputError(f"the least score {self.min_score} is no probability", remedy="Use 0 to 1.")
        if self.rules == "helixer" and self.min_score:
            raise BadInputError("genes have no scores under helixer rules", remedy="Leave --min-score out.")
        self.model()

    def model_options(self) -> dict[str, Any]:
        """Settings of the gene model with defaults filled in; none of helixer rules, unless they were given."""
        given = {name: value for name, value in asdict(self).items() if name in DEFAULTS and value is not None}
        return given if self.rules == "helixer" else {**DEFAULTS, **given}

    def model(self) -> Hmm:
        """Tables of the gene model.

        Raises
        ------
        BadInputError
            A setting is out of range, or one that helixer rules do not have.
        """
        options = self.model_options()
        if self.rules == "helixer" and options:
            raise BadInputError(
                f"helixer rules have a fixed gene model, {' and '.join(options)} cannot be set",
                remedy="Leave it out, or use the default rules.",
            )
        if self.rules == "helixer" and self.genetic_code != STANDARD:
            raise BadInputError(
                "helixer rules know only the standard genetic code",
                remedy="Leave --genetic-code out, or use the default rules.",
            )
        return build_hmm(self.rules, **options, code=self.genetic_code)
