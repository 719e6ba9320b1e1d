"""Damaged files of every kind: each gives a result or a named error, in time and in little memory."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.damage import damaged

HERE = Path(__file__).parents[2]
COUNT, SEED = 300, 20


@pytest.mark.slow
def test_three_hundred_damaged_files():
    command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz.run", "--count", str(COUNT), "--seed", str(SEED)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=False)
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, "\n".join([*lines[-5:], ran.stderr[-2000:]])
    found = json.loads(lines[-1])
    assert found["faults"] == []
    outcomes = [kind for counts in found["counts"].values() for kind in counts]
    assert sum(n for counts in found["counts"].values() for n in counts.values()) == COUNT
    assert set(outcomes) == {"result", "named error"}
    assert found["largest_bytes"] < 1_000_000_000


def test_the_same_numbers_damage_a_file_in_the_same_way():
    data = b"a\t1\t2\nb\t3\t4\n" * 50
    for kind in ("text", "binary"):
        first, second = (damaged(data, random.Random(4), kind) for _ in range(2))
        assert first == second
    assert any(damaged(data, random.Random(k), "binary") != data for k in range(3))
