"""What was counted at the best check is judged at the end, also of a run that is stopped; nothing is counted twice."""

from types import SimpleNamespace

import numpy as np
import pytest

from helixdask.settings import Rules
from helixdask.trainer.tuning.judge import Judge
from tests.trainer.tuning.test_criterion import counts_of

CHECKS = {1: counts_of(0.5, 0.5, seed=1), 2: counts_of(0.7, 0.7, seed=2), 3: counts_of(0.6, 0.6, seed=3)}
BASE = counts_of(0.5, 0.5)
CURRENT, BEST = 1.0, 2.0  # of a network of one weight


class Variable:
    def __init__(self, value):
        self.value = value

    def assign(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype)


@pytest.fixture
def judge():
    counted = []

    def count_genes(learner, epoch):
        counted.append((epoch, float(learner.network.weights[0].value)))
        return CHECKS[epoch]

    validation = SimpleNamespace(count_genes=count_genes, called_bases=1000)
    spec = SimpleNamespace(predict_phase=True, n_libraries=0)
    made = Judge(validation, spec, None, Rules.DEFAULT, by_evidence=True, source="reads", replicas=None)
    made.counted = counted
    return made


@pytest.fixture
def learner():
    return SimpleNamespace(network=SimpleNamespace(weights=[Variable(CURRENT)]))


def test_the_best_check_is_judged_without_counting_again(judge, learner):
    judge.__dict__["_base_genes"] = BASE
    for epoch in (1, 2, 3):
        judge.agreement(learner, epoch)
        if epoch < 3:
            judge.keep_last()
    at_once, at_the_end = judge.genes_so_far(), judge.genes_of(learner, [BEST], 3)
    assert [epoch for epoch, _ in judge.counted] == [1, 2, 3]
    assert at_once.judgement == at_the_end.judgement
    assert at_once.judgement["outcome"] == "better"
    np.testing.assert_array_equal(at_once.tuned, CHECKS[2].labels)


def test_a_run_that_was_taken_up_again_counts_with_its_best_weights(judge, learner):
    judge.__dict__["_base_genes"] = BASE
    judge.agreement(learner, 1)  # no better than what was the best before
    assert judge.genes_so_far() is None
    assert judge.genes_of(learner, [BEST], 2).judgement["outcome"] == "better"
    assert judge.counted == [(1, CURRENT), (2, BEST)]
    assert learner.network.weights[0].value == CURRENT


def test_a_base_model_that_was_not_looked_at_is_not_looked_at_when_stopped(judge, learner):
    judge.agreement(learner, 2)
    judge.keep_last()
    assert judge.genes_so_far() is None
