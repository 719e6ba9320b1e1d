"""What a call depends on beside the predictions."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from helixdask.errors import BadInputError
from helixdask.settings import STANDARD_CODE, Count, Name, Natural, Rules, RuleSet, Share, Shown

if TYPE_CHECKING:
    from helixdask.calling.hmm import Hmm

_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

#: Bits that a bit of information about a splice site or start codon costs; docs/explanation/calling.md shows why.
SITE_WEIGHT = 10.0
_MOST_SITE_WEIGHT = 100.0
#: What settings of the gene model are where they are not given; docs/explanation/calling.md shows what they rest on.
DEFAULTS = {"min_exon_length": 6, "min_intron_length": 35, "splice_site_cost": 60.0, "phase_weight": 0.2}


@dataclass(frozen=True)
class CallSettings:
    """How gene models are called from predictions.

    Parameters
    ----------
    predictions
        Predictions to use; the only ones by default.
    output
        Name of the gene models. Default: that of the predictions.
    window_size
        Bases over which genic probability is averaged.
    edge_threshold
        A genic stretch begins and ends here: the genic share that a window needs to belong to it.
    peak_threshold
        A gene's surest stretch must be this genic; higher: fewer genes.
    min_coding_length
        Shortest coding sequence, in bases.
    rules
        ``helixer``: exactly what HelixerPost does; then the settings of the gene model are fixed.
    min_exon_length
        Shortest exon, in bases.
    min_intron_length
        Shortest intron, in bases.
    splice_site_cost
        Bits that each wrong base of a splice site costs; more means fewer introns that are not GT-AG.
    phase_weight
        How much of a codon base's probability comes from the phase output.
    genetic_code
        NCBI's number of the genetic code of the genome: which codons end genes, and how they are translated.
    coverage
        Coverage set whose reads of RNA-seq and long reads weigh in: what is covered or skipped by reads as exons and
        introns are is called more readily.
    utr_ratio
        UTR bases that are expected for each coding base: where the network believes in fewer, UTRs are made more
        probable. 0: they are not. Default: what the network has learnt, where its card says so.
    site_weight
        How much the sequence around splice sites and start codons counts: it is learnt from the genes that are called
        without. 0: not at all.
    min_score
        Leave out genes with a lower score; `evaluate` shows what each value keeps and loses. The others keep their ids.
    prefix
        First part of the ids of genes, PREFIX_CONTIG_000001. Default: the species.
    """

    predictions: str | None = None
    output: Name | None = None
    window_size: Natural = 100
    edge_threshold: Share = 0.1
    peak_threshold: Share = 0.8
    min_coding_length: Count = 60
    rules: RuleSet = Rules.DEFAULT
    min_exon_length: Annotated[int, Shown(min=1, max=30, default=DEFAULTS["min_exon_length"])] | None = None
    min_intron_length: Annotated[int, Shown(min=10, default=DEFAULTS["min_intron_length"])] | None = None
    splice_site_cost: Annotated[float, Shown(min=0, max=1000, default=DEFAULTS["splice_site_cost"])] | None = None
    phase_weight: Annotated[Share, Shown(default=DEFAULTS["phase_weight"])] | None = None
    genetic_code: Natural = STANDARD_CODE
    min_score: Share = 0.0
    coverage: str | None = None
    utr_ratio: Annotated[float, Shown(min=0, max=10)] | None = None
    site_weight: Annotated[float, Shown(min=0, max=_MOST_SITE_WEIGHT, default=SITE_WEIGHT)] | None = None
    prefix: str | None = None

    def check(self) -> None:
        """Refuse what cannot be meant.

        Raises
        ------
        BadInputError
            A threshold or length out of range, unknown rules, or a setting that helixer rules do not have.
        """
        from helixdask.calling.regions import check_thresholds

        check_thresholds(self.window_size, self.edge_threshold, self.peak_threshold)
        if self.min_coding_length < 0:
            raise BadInputError("the shortest coding sequence is negative", remedy="Use 0 or more.")
        if not 0.0 <= self.min_score <= 1.0:
            raise BadInputError(f"the least score {self.min_score} is no probability", remedy="Use 0 to 1.")
        if not 0.0 <= self.weight_of_sites <= _MOST_SITE_WEIGHT:
            raise BadInputError(
                f"splice sites cannot count {self.site_weight} times", remedy=f"Use 0 to {_MOST_SITE_WEIGHT:.0f}."
            )
        if self.prefix is not None and not _PREFIX.fullmatch(self.prefix):
            raise BadInputError(
                f"genes cannot begin with {self.prefix!r}",
                remedy="Give --prefix letters, digits, dots, dashes and underscores.",
            )
        if self.rules == Rules.HELIXER and self.min_score:
            raise BadInputError("genes have no scores under helixer rules", remedy="Leave --min-score out.")
        if self.rules == Rules.HELIXER and (self.coverage is not None or self.utr_ratio or self.site_weight):
            raise BadInputError(
                "helixer rules call genes from predictions as they are",
                remedy="Leave --coverage, --utr-ratio and --site-weight out, or use the default rules.",
            )
        self.model()

    @property
    def weight_of_sites(self) -> float:
        """How much splice sites and start codons count."""
        if self.site_weight is None:
            return 0.0 if self.rules == Rules.HELIXER else SITE_WEIGHT
        return self.site_weight

    def model_options(self) -> dict[str, Any]:
        """Settings of the gene model with defaults filled in; none of helixer rules, unless they were given."""
        given = {name: value for name, value in asdict(self).items() if name in DEFAULTS and value is not None}
        return given if self.rules == Rules.HELIXER else {**DEFAULTS, **given}

    def model(self) -> Hmm:
        """Tables of the gene model.

        Raises
        ------
        BadInputError
            A setting is out of range, or one that helixer rules do not have.
        """
        options = self.model_options()
        if self.rules == Rules.HELIXER and options:
            raise BadInputError(
                f"helixer rules have a fixed gene model, {' and '.join(options)} cannot be set",
                remedy="Leave it out, or use the default rules.",
            )
        if self.rules == Rules.HELIXER and self.genetic_code != STANDARD_CODE:
            raise BadInputError(
                "helixer rules know only the standard genetic code",
                remedy="Leave --genetic-code out, or use the default rules.",
            )
        from helixdask.calling.hmm import build_hmm

        return build_hmm(self.rules, **options, code=self.genetic_code)
