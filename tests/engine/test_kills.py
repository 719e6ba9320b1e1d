"""SIGKILL at random moments of each stage; `benchmarks/harness.py kill` does many more."""

from __future__ import annotations

import pytest

from tests.engine.all_stages import NAMES
from tests.engine.kills import kill_and_rerun


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_rerun_ends_as_if_nothing_had_been(name, inputs, tmp_path):
    assert [wrong for wrong in kill_and_rerun(name, inputs, tmp_path, 3, seed=0) if wrong] == []
