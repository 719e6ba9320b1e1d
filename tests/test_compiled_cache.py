"""numba finds a place for compiled kernels where neither the package nor the home can be written."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helixdask import compiled_cache
from helixdask.compiled_cache import find_place_for_compiled_kernels


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Nothing can be written but the temporary folder."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "before")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setattr(compiled_cache, "_is_writable", lambda folder: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(sys.modules, "numba", None)
    return tmp_path


def test_a_folder_of_ones_own_that_stays(nowhere):
    find_place_for_compiled_kernels()
    folder = Path(os.environ.pop("NUMBA_CACHE_DIR"))
    assert folder.parent == nowhere
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    find_place_for_compiled_kernels()
    assert Path(os.environ["NUMBA_CACHE_DIR"]) == folder


def test_a_folder_that_others_may_write_is_not_trusted(nowhere):
    find_place_for_compiled_kernels()
    folder = Path(os.environ.pop("NUMBA_CACHE_DIR"))
    folder.chmod(0o777)
    find_place_for_compiled_kernels()
    other = Path(os.environ.pop("NUMBA_CACHE_DIR"))
    assert other != folder
    folder.rmdir()
    folder.symlink_to(nowhere)
    find_place_for_compiled_kernels()
    assert Path(os.environ["NUMBA_CACHE_DIR"]) not in (folder, nowhere)


def test_nothing_is_changed_where_there_is_a_place(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    find_place_for_compiled_kernels()
    assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/chosen")
    find_place_for_compiled_kernels()
    assert os.environ["NUMBA_CACHE_DIR"] == "/chosen"


SCRIPT = """
import os, sys
from unittest import mock
import helixdask.compiled_cache as cache
with mock.patch.object(cache, "_is_writable", lambda folder: False):
    cache.find_place_for_compiled_kernels()
import numba
print(numba.config.CACHE_DIR)
"""


@pytest.mark.slow
def test_numba_uses_it_even_if_it_was_imported_before(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment["TMPDIR"] = str(tmp_path)
    for script in (SCRIPT, "import numba\n" + SCRIPT):
        ran = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        assert ran.stdout.startswith(str(tmp_path))
