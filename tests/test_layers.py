"""Imports run as the tables of docs/explanation/architecture.md say, and compiled kernels know nothing of stores."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"helixdask": "helixdask", "helixdask.trainer": "trainer", "helixdask.cli": "cli"}
FOR_ALL = {"errors", "kernels", "public_names", "settings"}
STORAGE = ("zarr", "dask", "distributed", "xarray", "helixdask.engine", "helixdask.store")


@cache
def uses() -> dict[str, set[str]]:
    """The tables: rooms, and what each may import."""
    text = (ROOT / "docs/explanation/architecture.md").read_text()
    rows = re.findall(r"^\| (`.+?) \|.*\| ?([^|]*) ?\|$", text, re.MULTILINE)
    found: dict[str, set[str]] = {}
    for rooms, used in rows:
        names = re.findall(r"`([a-z_.]+)`", rooms)
        if not set(used.replace(",", " ").split()) <= found.keys() | set(names):
            break  # the next table is of other things
        for name in names:
            found[name] = set(used.replace(",", " ").split()) - {name}
    return found


def reached(room: str) -> set[str]:
    """What a room may import: what it uses, and what that uses."""
    return FOR_ALL.union(*({name} | reached(name) for name in uses()[room]))


@cache
def modules() -> dict[str, Path]:
    """Modules of the product by name, without ``helixdask.``."""
    return {
        ".".join([*package.split(".")[1:], *path.relative_to(ROOT / folder).with_suffix("").parts]): path
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*.py")
    }


@cache
def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def room_of(module: str) -> str | None:
    """The room that a module belongs to; None for the package itself."""
    parts = module.split(".")
    return next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in uses()), None)


def test_the_tables_have_no_circle():
    assert len(list(TopologicalSorter(uses()).static_order())) == len(uses()) > 30


def test_every_room_is_in_a_table():
    apart = {"__init__", "__main__", "trainer.__init__"}
    assert [name for name in modules() if name.split(".")[0] != "cli" and not room_of(name) and name not in apart] == []


@pytest.mark.parametrize("room", sorted(uses()))
def test_imports_run_one_way(room):
    allowed = {room} | reached(room)
    wrong = [
        f"{name} imports {other}"
        for name, path in modules().items()
        if room_of(name) == room
        for other in imported(path)
        if other.startswith("helixdask.") and room_of(other.removeprefix("helixdask.")) not in allowed | {None}
    ]
    assert wrong == []


def test_nothing_imports_the_command_line():
    for name, path in modules().items():
        if name.split(".")[0] not in ("cli", "__main__"):
            assert not [other for other in imported(path) if other.startswith("helixdask.cli")], name


def test_only_the_trainer_imports_tensorflow():
    for name, path in modules().items():
        if not name.startswith("trainer"):
            assert not imported(path) & {"tensorflow", "keras"}, name


def test_compiled_kernels_know_nothing_of_stores():
    wrong = [
        f"{name} imports {other}"
        for name, path in modules().items()
        if "njit" in path.read_text()
        for other in imported(path)
        if other.startswith(STORAGE) and not other.startswith("helixdask.store.contigs")
    ]
    assert wrong == []
