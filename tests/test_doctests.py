"""Examples in docstrings run, and give what they say."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import helixdask as hd
from tests.example_store import example_store

ROOT = Path(__file__).parents[1]
FOLDERS = {"helixdask": "helixdask", "trainer": "helixdask.trainer", "cli": "helixdask.cli"}
MODULES = sorted(
    ".".join([package, *path.relative_to(ROOT / folder).with_suffix("").parts])
    for folder, package in FOLDERS.items()
    for path in (ROOT / folder).rglob("*.py")
    if ">>> " in path.read_text()
)


SLOW = ("helixdask.explore",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    example_store(folder)
    return folder


@pytest.mark.parametrize("module", [pytest.param(m, marks=[pytest.mark.slow] * (m in SLOW)) for m in MODULES])
def test_examples(module, folder, monkeypatch):
    monkeypatch.chdir(folder)
    store = hd.open_store("genome.zarr")
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    names = {"store": store, "hd": hd, "np": np}
    result = doctest.testmod(importlib.import_module(module), extraglobs=names, optionflags=flags)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize("page", ["README.md", "docs/reference/genes.md"])
def test_python_on_a_page(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        ours = re.sub(r"chr1A:[\d,]+-[\d,]+", "one:0-10,000", block).replace("wheat.zarr", "genome.zarr")
        exec(compile(ours, page, "exec"), {})


def test_what_people_use_is_listed_and_has_examples():
    assert set(hd.__all__) <= set(dir(hd))
    for name in hd.__all__:
        assert ">>> " in (getattr(hd, name).__doc__ or ""), name
    for name, verb in vars(hd.GenomeStore).items():
        if not name.startswith("_"):
            assert ">>> " in (verb.__doc__ or ""), name
