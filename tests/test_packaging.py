"""What the project promises about itself."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_folder_is_packaged():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    names = {"helixdask": "helixdask", "trainer": "helixdask.trainer", "cli": "helixdask.cli"}
    found = {
        ".".join([package, *path.parent.relative_to(ROOT / folder).parts])
        for folder, package in names.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert found == listed


def test_format_page_agrees_with_the_registry():
    result = subprocess.run([sys.executable, str(ROOT / "tools/write_format.py"), "--check"], check=False)
    assert result.returncode == 0, "run: python tools/write_format.py"


def test_help_starts_light():
    code = (
        "import sys; import helixdask.cli.main; "
        "heavy = {'numpy', 'xarray', 'zarr', 'dask', 'numba', 'tensorflow', 'pandas'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_files_are_short():
    for folder in ("helixdask", "trainer", "cli"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 500, path
