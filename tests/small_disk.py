"""A file system in memory that is as small as a test wants it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PAGE = 4096


def mount(folder: Path, size: int, *options: str) -> None:
    """Mount a file system in memory, or give it another size; skips the test where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join((*options, f"size={size}")), "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
