"""TensorFlow starts quietly, and what others write is not lost."""

import subprocess
import sys

import pytest

SCRIPT = """
import os
from helixdask.trainer import runtime
with runtime._without_noise():
    os.write(2, b"All log messages before absl::InitializeLog() is called\\nsomething else\\n")
runtime.configure_tensorflow(1)
os.write(2, b"end\\n")
"""


@pytest.mark.slow
def test_only_the_noise_is_held_back():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ran.stderr.splitlines() == ["something else", "end"]


def test_without_a_terminal():
    ran = subprocess.run(["sh", "-c", f"{sys.executable} -c '{SCRIPT.splitlines()[2]}' 2>&-"], check=False)
    assert ran.returncode == 0
