"""Genic stretches of windows, against a count base by base."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helixdask.windows.track_measures import genic_stretches


@st.composite
def windows(draw):
    n = draw(st.integers(1, 30))
    begin = draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5))
    size = [draw(st.integers(1, n - each)) for each in begin]
    return n, np.array(begin), np.array(size)


@given(windows(), st.data())
def test_genic_stretches(places, data):
    n, begin, size = places
    label = np.array(data.draw(st.lists(st.lists(st.integers(0, 2), min_size=n, max_size=n), min_size=2, max_size=2)))
    strand = np.array([data.draw(st.integers(0, 1)) for _ in begin], np.int8)
    got = genic_stretches(begin, size, strand, label.astype(np.uint8))
    for value, low, many, which in zip(got, begin, size, strand, strict=True):
        text = "".join("x" if each else " " for each in label[which, low : low + many])
        assert value == len(text.split())
