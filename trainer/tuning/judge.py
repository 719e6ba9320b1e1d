"""How a run's network and its base model are judged: bases, genes called on the validation windows, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from helixdask.errors import InternalError
from helixdask.settings import Rules
from helixdask.trainer.network.model_file import LoadedModel
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.criterion import criterion, judge
from helixdask.trainer.tuning.gene_counts import LEVELS, Counts
from helixdask.trainer.tuning.learner import Confusions, Learner
from helixdask.trainer.tuning.outlook import Checks
from helixdask.trainer.tuning.replicas import Replicas
from helixdask.trainer.tuning.validation import Validation
from helixdask.trainer.tuning.variables import assigned
from helixdask.trainer.tuning.verdict import GeneCounts


class Judge:
    """Judges the base model, and networks of a run, on the same validation windows.

    Parameters
    ----------
    validation
        Scores learners on the validation windows.
    spec
        Of the network that is trained.
    base
        The base model; None: there is none.
    rules
        Of the run.
    by_evidence
        Whether evidence decides, for the labels are a base model's own.
    source
        What the libraries hold that are evidence, for people.
    replicas
        Devices on which the base model has its copies.
    """

    def __init__(
        self,
        validation: Validation,
        spec: NetworkSpec,
        base: LoadedModel | None,
        rules: Rules,
        *,
        by_evidence: bool,
        source: str,
        replicas: Replicas,
    ) -> None:
        self.validation, self.spec, self.base, self.rules = validation, spec, base, rules
        self.by_evidence = by_evidence and spec.predict_phase
        self.reads_seen, self.source = spec.n_libraries > 0, source
        self._replicas = replicas
        self._at_last: Counts | None = None
        self._at_best: Counts | None = None

    def checks(self, steps_between: int) -> Checks:
        """What a run is going to score, with a check after so many steps."""
        calls, validation = self.spec.predict_phase, self.validation
        batches, bases = (validation.called_batches, validation.called_bases) if calls else (0, 0)
        has_base, scored = self.base is not None, validation.feed.order.steps_per_epoch
        return Checks(steps_between, scored, batches, bases, has_base, self.by_evidence)

    @cached_property
    def base_learner(self) -> Learner | None:
        """The base model, to be scored before the first step and again after the last one."""
        if self.base is None:
            return None
        norm = str(self.base.card["coverage_norm"])
        network, spec = self.base.network, self.base.spec
        return Learner(network, spec, rules=self.rules, coverage_norm=norm, replicas=self._replicas)

    @cached_property
    def _base_genes(self) -> Counts | None:
        """Genes that the base model calls on the validation windows."""
        learner = self.base_learner
        return None if learner is None else self.validation.count_genes(learner, 0)

    def of_base(self) -> tuple[Confusions, float | None]:
        """Scores of the base model, and its agreement with evidence where that decides.

        Raises
        ------
        InternalError
            There is no base model.
        """
        learner = self.base_learner
        if learner is None:
            raise InternalError("a run without a base model scores none")
        found = self.validation.confusions(learner, epoch=0)
        genes = self._base_genes if self.by_evidence else None
        return found, None if genes is None else criterion(genes, reads_seen=self.reads_seen)

    def agreement(self, learner: Learner, epoch: int) -> float | None:
        """How well what a network calls agrees with evidence; None where evidence does not decide."""
        if not self.by_evidence:
            return None
        self._at_last = self.validation.count_genes(learner, epoch)
        return criterion(self._at_last, reads_seen=self.reads_seen)

    def keep_last(self) -> None:
        """What was counted last is that of the best network so far."""
        self._at_best = self._at_last

    def genes_of(self, learner: Learner, weights: Sequence[Any], epoch: int) -> GeneCounts | None:
        """Genes that the learner's network calls with the best weights, and the base model's; its own weights stay.

        None for networks without phases, from which no genes can be called.
        """
        if not self.spec.predict_phase:
            return None
        tuned = self._at_best
        if tuned is None:
            with assigned(learner.network.weights, weights):
                tuned = self.validation.count_genes(learner, epoch)
        return self._judged(tuned, self._base_genes)

    def genes_so_far(self) -> GeneCounts | None:
        """The same as far as it was counted already, for a run that is to end at once; None: not far enough."""
        if self._at_best is None or "_base_genes" not in self.__dict__:
            return None
        return self._judged(self._at_best, self._base_genes)

    def _judged(self, tuned: Counts, base: Counts | None) -> GeneCounts:
        judged = None
        if self.by_evidence and base is not None:
            judged = judge(tuned, base, reads_seen=self.reads_seen, source=self.source)
        bases = self.validation.called_bases
        return GeneCounts(LEVELS, bases, tuned.labels, None if base is None else base.labels, judged)
