import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helixdask.errors import BadInputError
from helixdask.scores.bases import BaseScores, PhaseScores, confusion

EXAMPLE = [[50, 2, 3, 1], [4, 10, 2, 0], [1, 1, 30, 2], [0, 0, 3, 20]]


def test_the_example_of_the_reference():
    scores = BaseScores.from_confusion(EXAMPLE)
    genic = scores.genic
    assert (genic.found, genic.n_prediction, genic.n_reference) == (60, 60 + 14, 60 + 13)
    assert genic.precision == pytest.approx(0.810811, abs=5e-7)
    assert genic.sensitivity == pytest.approx(0.821918, abs=5e-7)
    assert genic.f1 == pytest.approx(0.816327, abs=5e-7)
    sub = scores.sub_genic
    assert (sub.found, sub.n_prediction, sub.n_reference) == (50, 50 + 11, 50 + 7)
    assert sub.f1 == pytest.approx(0.847458, abs=5e-7)
    legacy = scores.legacy_cds
    assert (legacy.found, legacy.n_prediction, legacy.n_reference) == (55, 55 + 6, 55 + 2)
    assert legacy.f1 == pytest.approx(0.932203, abs=5e-7)
    assert [round(score.f1, 6) for score in scores.classes] == [0.900901, 0.689655, 0.833333, 0.869565]
    assert scores.accuracy == pytest.approx(110 / 129)
    assert scores.n_bases == 129


def test_nothing_predicted_is_zero_and_not_an_error():
    scores = BaseScores.from_confusion(np.zeros((4, 4), np.int64))
    assert scores.genic.f1 == scores.accuracy == scores.classes[2].sensitivity == 0.0
    json.dumps(scores.as_dict())


def test_confusion_is_reference_by_prediction_and_the_mask_wins():
    reference = np.array([[0, 2, 2, 255]], np.uint8)
    prediction = np.array([[0, 3, 2, 7]])
    cm = confusion(reference, prediction, np.array([[1, 1, 0, 0]]))
    assert cm.dtype == np.int64
    assert cm.sum() == 2
    assert cm[0, 0] == cm[2, 3] == 1


@pytest.mark.parametrize("bad", [-1, 4])
def test_classes_out_of_range_are_refused(bad):
    with pytest.raises(BadInputError, match="outside 0 to 3"):
        confusion(np.array([0, bad]), np.array([0, 0]))
    with pytest.raises(BadInputError, match="shape"):
        confusion(np.array([0, 1]), np.array([0]))


@given(st.data(), st.integers(2, 20))
def test_confusion_equals_counting_one_by_one(data, n):
    size = data.draw(st.integers(0, 60))
    reference, prediction = (data.draw(hnp.arrays(np.uint8, size, elements=st.integers(0, n - 1))) for _ in range(2))
    expected = np.zeros((n, n), np.int64)
    np.add.at(expected, (reference, prediction), 1)
    assert (confusion(reference, prediction, n=n) == expected).all()


def test_phases_count_like_classes():
    matrix = [[50, 2, 3, 1], [4, 10, 2, 0], [1, 1, 30, 2], [0, 0, 3, 20]]
    scores = PhaseScores.from_confusion(matrix)
    assert scores.coding.f1 == pytest.approx(0.816327, abs=1e-6)
    assert [score.f1 for score in scores.classes] == pytest.approx([0.900901, 0.689655, 0.833333, 0.869565], abs=1e-6)
    assert scores.accuracy == pytest.approx(110 / 129)
    assert scores.as_dict()["phase_1"]["f1"] == pytest.approx(0.833333, abs=1e-6)
    with pytest.raises(BadInputError, match="4 x 4"):
        PhaseScores.from_confusion([[1]])
