import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import InternalError
from helixdask.windows.measures import measure_windows, round_to_float16


def one_window(label, probability, valid=None, strand=0, rules="default"):
    """Measure one window that covers all of two equal strands."""
    label = np.asarray(label, np.uint8)
    n = len(label)
    valid = np.ones(n, np.uint8) if valid is None else np.asarray(valid, np.uint8)
    both = np.stack([np.asarray(probability)] * 2)
    return measure_windows(
        np.array([0]),
        np.array([n]),
        np.array([strand], np.int8),
        np.stack([label] * 2),
        np.stack([valid] * 2),
        both,
        rules,
    )


def helixer_distance(label, probability):
    """What the reference describes, step by step: float16 differences, summed one by one in float16."""
    y = np.eye(4, dtype=np.int8)[label]
    x = np.abs(y - probability.T)
    assert x.dtype == np.float16
    acc = np.zeros(4, np.float16)
    for row in x:
        acc = (acc.astype(np.float32) + row.astype(np.float32)).astype(np.float16)
    return acc.astype(np.float64)


def test_float16_sums_saturate_as_the_reference_says():
    label = np.zeros(21384, np.uint8)
    probability = np.zeros((4, 21384), np.float16)
    probability[1] = 0.01
    helixer = one_window(label, probability, rules="helixer").class_distance[0]
    assert helixer[1] == 32.0
    assert helixer[0] == 2048.0
    exact = one_window(label, probability).class_distance[0]
    assert exact[1] == pytest.approx(213.9, abs=0.1)
    assert exact[0] == 21384


@given(st.integers(0, 2**35))
def test_rounding_to_float16_equals_numpy(value):
    assert round_to_float16(value) / 2**24 == np.float16(value / 2**24)


@settings(max_examples=30)
@given(st.integers(1, 400), st.integers(0, 2**32), st.sampled_from([0.02, 0.5, 3.0]), st.sampled_from([0, 1]))
def test_helixer_distances_are_exact_to_the_bit(n, seed, sharpness, strand):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, n).astype(np.uint8)
    logits = np.exp(rng.normal(0, sharpness, (4, n)) * 3)
    probability = (logits / logits.sum(axis=0)).astype(np.float16)
    got = one_window(label, probability, strand=strand, rules="helixer").class_distance[0]
    order = slice(None) if strand == 0 else slice(None, None, -1)
    np.testing.assert_array_equal(got, helixer_distance(label[order], probability[:, order]))


def test_masked_bases_do_not_count_by_default_but_do_for_helixer():
    label = [0, 2, 2, 0]
    probability = np.array([[1, 0, 0, 0.5], [0] * 4, [0, 1, 0, 0.5], [0, 0, 1, 0]], np.float16)
    valid = [1, 1, 0, 1]
    default = one_window(label, probability, valid)
    assert default.class_count[0].tolist() == [2, 0, 1, 0]
    assert default.class_distance[0].tolist() == [0.5, 0, 0.5, 0]
    assert default.valid[0] == default.usable[0] == 3
    assert default.agreement[0] == 1.0  # at a tie the first class wins
    assert default.confidence[0] == pytest.approx(2.5 / 3)
    helixer = one_window(label, probability, valid, rules="helixer")
    assert helixer.class_count[0].tolist() == [2, 0, 2, 0]
    assert helixer.class_distance[0].tolist() == [0.5, 0, 1.5, 1]
    assert helixer.valid[0] == 3


def test_nothing_valid_and_no_predictions():
    label = np.array([[0, 1], [0, 0]], np.uint8)
    windows = np.array([0, 0]), np.array([2, 2]), np.array([0, 1], np.int8)
    nothing = np.zeros((2, 2), np.uint8)
    got = measure_windows(*windows, label, nothing, np.zeros((2, 4, 2), np.float16))
    assert got.class_count.sum() == got.class_distance.sum() == 0
    assert np.isnan(got.agreement).all()
    assert np.isnan(got.confidence).all()
    got = measure_windows(*windows, label, nothing)
    assert got.class_count.sum() == got.valid.sum() == 0
    assert got.class_distance is got.agreement is got.confidence is None


def test_quantised_probabilities_are_their_255th():
    raw = np.array([[255, 51], [0, 0], [0, 204], [0, 0]], np.uint8)
    got = one_window([0, 2], raw)
    assert got.class_distance[0] == pytest.approx([0.2, 0, 0.2, 0])


def test_windows_lie_where_they_are_said_to_lie():
    rng = np.random.default_rng(1)
    label = rng.integers(0, 4, (2, 50)).astype(np.uint8)
    probability = rng.random((2, 4, 50)).astype(np.float16)
    valid = rng.integers(0, 2, (2, 50)).astype(np.uint8)
    codes = rng.choice(np.array([1, 4, 0x84, 0x83, 5], np.uint8), 50)
    places = np.array([3, 20]), np.array([10, 7]), np.array([1, 0], np.int8)
    got = measure_windows(*places, label, valid, probability, codes=codes)
    assert got.usable.tolist() == [
        int((valid[strand, begin : begin + size] & ~np.isin(codes[begin : begin + size], (4, 0x84))).sum())
        for begin, size, strand in zip(*places, strict=True)
    ]
    for w, (begin, size, strand) in enumerate([(3, 10, 1), (20, 7, 0)]):
        part = slice(begin, begin + size)
        ok = valid[strand, part] == 1
        one_hot = np.eye(4)[label[strand, part]]
        expected = np.abs(one_hot - probability[strand, :, part].T.astype(float))[ok].sum(axis=0)
        assert got.class_distance[w] == pytest.approx(expected)
        assert got.class_count[w].tolist() == one_hot[ok].sum(axis=0).tolist()
        assert got.agreement[w] == pytest.approx(
            (probability[strand, :, part].argmax(axis=0) == label[strand, part])[ok].mean()
        )
    with pytest.raises(InternalError):
        measure_windows(np.array([45]), np.array([10]), np.array([0], np.int8), label, valid)
