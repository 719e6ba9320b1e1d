"""The shipped base model: small, described, good at its own species and less so at the demonstration's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helixdask.scores.bases import BaseScores, confusion
from helixdask.simulate import SimulateSettings
from helixdask.simulate.divergence import Block, diverge
from helixdask.simulate.genome import draw_ancestor
from helixdask.simulate.species import draw_species
from helixdask.trainer.network.describe import describe_model
from helixdask.trainer.prediction.predictor import cached_predictor

MODEL = Path(__file__).parents[3] / "trainer/base_models/demo.keras"
OWN_SPECIES = 10
LENGTH = 64_800


def labels_of(block: Block) -> np.ndarray:
    """(2, length) uint8 label classes."""
    label = np.zeros((2, len(block.sequence)), np.uint8)
    for strand, start, end in zip(block.strand, block.start, block.end, strict=True):
        label[strand, start:end] = 3
    for exon, gene in enumerate(block.exon_gene):
        strand = block.strand[gene]
        label[strand, block.exon_start[exon] : block.exon_end[exon]] = 1
        label[strand, block.coding_start[exon] : block.coding_end[exon]] = 2
    return label


def genic_f1(species_seed: int) -> float:
    """Genic F1 of the model on both strands of a new stretch of a species."""
    rng = np.random.default_rng(77)
    settings = SimulateSettings()
    ancestor = draw_ancestor(
        draw_species(species_seed), LENGTH + 5_000, settings.genic_fraction, settings.repeat_fraction, rng
    )
    block = diverge(ancestor, 0.0, 0.0, 0.0, rng)
    codes, label = (block.sequence & 0x7F)[:LENGTH], labels_of(block)[:, :LENGTH]
    both = np.stack([codes, np.where(codes < 4, 3 - codes, codes)[::-1]])
    predict = cached_predictor(str(MODEL), describe_model(MODEL).digest, "none", 1)
    predicted = predict(both, None)[0].argmax(axis=2)
    matrix = confusion(label[0], predicted[0]) + confusion(label[1], predicted[1, ::-1])
    return BaseScores.from_confusion(matrix).genic.f1


def test_it_is_small_and_described():
    assert MODEL.stat().st_size < 1_000_000
    card = describe_model(MODEL).card
    assert card["name"] == "demo"
    assert card["base_model"] is None
    assert card["libraries"] is None
    assert card["training_window"] % 9 == card["inference_window"] % 9 == 0
    assert card["training_stores"][0]["species"] == f"simulated species {OWN_SPECIES}"
    assert "genic" in MODEL.with_name("CARD.md").read_text()


@pytest.mark.slow
def test_it_knows_its_own_species_and_has_something_to_learn_about_the_demonstrations():
    own, demonstration = genic_f1(OWN_SPECIES), genic_f1(SimulateSettings().species_seed)
    assert own > 0.8
    assert 0.3 < demonstration < own - 0.05
