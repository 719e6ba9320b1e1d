"""The ten lines on top of a model's card."""

from __future__ import annotations

import pytest

from helixdask.trainer.network.card import default_card
from helixdask.trainer.tuning.card_page import card_page
from helixdask.trainer.tuning.card_summary import card_summary


def card_of(*, better=True, written="tuned", pseudolabels=True, model="fungi-mini.keras", mode="head", **known):
    store = {"species": "S. pombe", "role": "both", "leakage": 0.002}
    outcome = "better" if better else "cannot tell"
    verdict = {"text": "As found.", "better": better, "outcome": outcome, "written": written}
    verdict |= {"pseudolabels": pseudolabels, "validation_windows": 1_234, "base": {} if model else None}
    settings = {"model": model, "mode": mode if model else "scratch", "doubt": "mask"}
    found = {"name": "pombe", "training_stores": [store], "learnt": {"windows": 200, "bases": 2_138_400}}
    return default_card(**found | {"verdict": verdict, "settings": settings} | known)


def test_a_tuned_model_says_what_it_learnt_and_when_not_to_use_it():
    text = card_summary(card_of())
    assert "fungi-mini.keras, tuned to S. pombe: of the base model only the output layer was trained" in text
    assert "200 windows of S. pombe, 2.1 million bases" in text
    assert "genes that the base model called there itself" in text
    assert "1,234 windows that no step has learnt from; 0.2 % of their coding bases" in text
    assert "No known genes were at hand" in text
    assert "On other genomes than S. pombe" in text
    assert "--model pombe.keras" in text
    assert len(text.splitlines()) <= 10


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"better": False, "written": "base"}, "unchanged: tuning was not shown to make it better"),
        ({"better": False}, "was not shown to be better"),
        ({"pseudolabels": False}, "the labels are an annotation"),
        ({"mode": "norm"}, "million bases of one strand; labels were looked at for scores alone."),
        ({"model": None, "pseudolabels": False}, "trained from scratch on S. pombe"),
        ({"libraries": [{"name": "leaf", "kind": "rnaseq"}]}, "leaf (rnaseq)"),
    ],
)
def test_each_kind_of_model_says_what_it_is(known, expected):
    assert expected in card_summary(card_of(**known))


def test_evidence_that_is_no_reads_is_named():
    card = card_of()
    assert "Evidence, reads and reading frames, tells" in card_summary(card)
    terms = {"coverage": {"tuned": 0.5, "base": 0.4}}
    card["verdict"]["evidence"] = {"terms": terms, "source": "protein alignments"}
    page = card_page(card, {}, "digest", 1)
    assert "Evidence, protein alignments and reading frames, tells" in page
    assert "agree with protein alignments, and raw" in page
    assert "| exons and protein alignments |" in page


def test_stores_of_older_cards_have_fewer_facts():
    text = card_summary(card_of(written="base", better=False, training_stores=[{"species": "S. pombe"}], learnt=None))
    assert "* **Learnt from.** S. pombe, as the base model that it is." in text


def test_a_model_of_others_says_nothing_that_is_not_known():
    assert card_summary(default_card(name="land_plant")) == ""
    assert "* **" not in card_page(default_card(name="land_plant"), {}, "digest", 1)
