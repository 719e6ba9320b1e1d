"""Every command that needs no TensorFlow works without it; the others say so before they begin."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "check_bare.py"


@pytest.mark.slow
def test_in_an_environment_without_it():
    ran = subprocess.run([sys.executable, str(SCRIPT), "--hide"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "FAILED" not in ran.stdout
    assert ran.stdout.count("ok ") > 25
