"""Scores of predictions and gene models against a reference: as numbers, tables, figures; over many thresholds."""

from helixdask.evaluation.evaluate import evaluate
from helixdask.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate"]
