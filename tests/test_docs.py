"""What the docs and the error messages say of commands and options is true; what they link to is there."""

from __future__ import annotations

import ast
import functools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from helixdask.cli.main import _repeat_options, app

ROOT = Path(__file__).parents[1]
MADE = "docs/reference/commands"
"""Pages of commands, which are made from the code; only their index is kept."""
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (*ROOT.glob("[RC]*.md"), *ROOT.glob("deploy/*.md"), *ROOT.glob("docs/**/*.md"))
    if page.name != "CHANGELOG.md" and (page.parent != ROOT / MADE or page.name == "index.md")
)
OF_OTHERS = {"--dist", "--eval", "--predict-phase", "--shift", "--strict-match", "--write-by", "--input-fmt-option"}
OF_OTHERS |= {"--nthreads", "--nworkers", "--resources", "--lifetime", "--lifetime-stagger", "--no-dashboard", "--gres"}
OF_OTHERS |= {"--exclude"}
"""Options of pytest, deepTools, gffcompare, Helixer, htslib, Dask's workers and Slurm."""


def commands() -> dict[str, Any]:
    """Commands by name."""
    return dict(typer.main.get_command(app).commands)


def options_of(command: Any) -> set[str]:
    """All spellings of a command's options."""
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("--")} | {"--help"}


EVERY = set().union(*(options_of(command) for command in commands().values())) | options_of(typer.main.get_command(app))


def text_of(page: str) -> str:
    """A page, with lines that a backslash continues made one."""
    return re.sub(r" *\\\n *", " ", (ROOT / page).read_text())


def blocks(text: str) -> list[str]:
    """Fenced and indented code."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in fenced for line in block.splitlines()]


def command_lines(text: str) -> list[str]:
    """Commands of helixdask in code blocks, without remarks and prompts."""
    lines = [*lines_to_type(text), *re.findall(r"`(helixdask [^`]+)`", text)]
    return [line.split(" #")[0] for line in lines if line.startswith("helixdask ")]


def lines_to_type(text: str) -> list[str]:
    """Lines of code blocks, without prompts."""
    return [line.removeprefix("$ ") for line in blocks(text)]


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page):
    known = commands()
    wrong = []
    for line in command_lines(text_of(page)):
        words = shlex.split(line.replace("…", "").replace("'", " "))[1:]
        if not words or words[0] in ("…", "...") or words[0].startswith("-"):
            continue
        if words[0] not in known:
            wrong.append(f"no such command: {line}")
            continue
        given = {word.split("=")[0] for word in words if word.startswith("--") and len(word) > 2}
        wrong += [f"{line}: {name}" for name in given - options_of(known[words[0]])]
    assert wrong == []


@pytest.mark.parametrize("page", [page for page in PAGES if "\nhelixdask " in text_of(page)])
def test_commands_in_blocks_are_accepted(page):
    wrong = []
    for line in lines_to_type(text_of(page)):
        words = shlex.split(line.partition(" | ")[0], comments=True)[1:] if line.startswith("helixdask ") else []
        if len(words) < 2 or any(mark in line for mark in ("…", "...", "$", "[", "NAME ", "--help", "--version")):
            continue  # patterns of commands, and what a shell fills in
        try:
            commands()[words[0]].make_context(words[0], _repeat_options(words[1:]))
        except Exception as error:  # the parser's own kinds, which typer does not export
            wrong.append(f"{line}: {error}")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_options_that_are_mentioned_exist(page):
    text = re.sub(r"^```\w*\n.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    if page.endswith("from_helixer.md"):
        text = re.sub(r"^\|.*?\|", "|", text, flags=re.MULTILINE)  # the first column is Helixer's
    spans = re.findall(r"`([^`]+)`", text)
    mentioned = {word for span in spans if span.startswith("--") for word in re.findall(r"--[a-z][a-z0-9-]+", span)}
    assert mentioned - EVERY - OF_OTHERS == set()


def test_all_commands_are_in_the_list():
    table = (ROOT / MADE / "index.md").read_text().partition("Every command")[0]
    told = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert told | {"demo"} == set(commands())


@functools.cache
def texts_in_code() -> list[tuple[str, str, bool]]:
    """Place and value of all texts in the source, and whether they stand alone, as docstrings do."""
    found = []
    for folder in ("helixdask", "trainer", "cli"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = [*ast.walk(ast.parse(path.read_text()))]
            alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            found += [
                (f"{path.relative_to(ROOT)}:{node.lineno}", node.value, id(node) in alone)
                for node in nodes
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
    return found


def test_options_that_messages_advise_exist():
    wrong = []
    for place, text, alone in texts_in_code():
        if " " in text.strip() and not alone:  # a word by itself is passed to a program, such as Dask's worker
            mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+[a-z0-9]", text))
            wrong += [f"{place}: {name}" for name in mentioned - EVERY - OF_OTHERS]
    assert wrong == []


def test_options_that_messages_advise_for_a_command_are_options_of_it():
    known = {name: options_of(command) for name, command in commands().items()}
    advised = re.compile(rf"\b({'|'.join(known)}) (?:[A-Z][\w.]* )*(--[a-z][a-z0-9-]+[a-z0-9])")
    found, wrong = 0, []
    for place, text, _ in texts_in_code():
        for name, option in advised.findall(" ".join(text.split())) if "--" in text else ():
            found += 1
            if option not in known[name]:
                wrong.append(f"{place}: {name} {option}")
    assert wrong == []
    assert found > 20


@pytest.mark.parametrize("page", PAGES)
def test_lines_are_short(page):
    prose = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    long = [line for line in prose.splitlines() if len(line) > 120 and line[:1] not in "|!"]
    assert long == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text()):
        name, _, anchor = target.partition("#")
        if target.startswith(("http://", "https://")):
            continue
        other = (ROOT / page).parent / name if name else ROOT / page
        if not other.exists() or (anchor and anchor not in anchors(other.read_text())):
            wrong.append(target)
    assert wrong == []


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
