"""Sphinx extension: a page of each command, written from the command line itself before the site is read.

The pages lie in ``reference/commands/``, are written only where their text changed, and are not kept in the repository.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer
from sphinx.application import Sphinx

from helixdask.cli.examples import examples_of
from helixdask.cli.main import app as command_line

FOLDER = "reference/commands"


def command_page(name: str, command: Any) -> str:
    """Markdown of a command: what it does, how it is called, examples, arguments and options by panel."""
    context = typer.Context(command, info_name=f"helixdask {name}")
    about = (command.help or "").partition("**Examples**")[0].strip()
    arguments = [p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(["helixdask", name, *arguments, "[OPTIONS]"])
    parts = [f"# {name}", about, "## Usage", f"```text\n{usage}\n```"]
    if examples := examples_of(name):
        parts += ["## Examples", "```sh\n" + "\n".join(f"# {what}\n{words}" for what, words in examples) + "\n```"]
    panels: dict[str, list[str]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and not getattr(parameter, "hidden", False):
            kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panel = getattr(parameter, "rich_help_panel", None) or kind
            panels.setdefault(panel, []).append(f"| {_code(record[0])} | {_cell(record[1])} |")
    for panel, rows in panels.items():
        parts += [f"## {panel}", "\n".join(["| | |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    """A cell of literal text: names and what they take, without the marks of optional arguments."""
    name = re.sub(r" <list\[.*|\[|\]", "", text).replace(" range>", ">").strip()
    return "`" + name.replace("|", "\\|") + "`"


def _cell(text: str) -> str:
    """A cell of prose: on one line, what stands in double backquotes as code."""
    text = re.sub(r"\s+", " ", text.replace("``", "`")).strip().replace("|", "\\|")
    prose_and_code = text.split("`")
    prose_and_code[::2] = [prose.replace("<", "&lt;").replace("*", "\\*") for prose in prose_and_code[::2]]
    return "`".join(prose_and_code)


def write_pages(site: Sphinx) -> None:
    """Write the pages of all commands, and remove those of commands that are no more."""
    folder = Path(site.srcdir) / FOLDER
    commands = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]
    for page in folder.glob("*.md"):
        if page.stem != "index" and page.stem not in commands:
            page.unlink()
    for name, command in commands.items():
        text, page = command_page(name, command), folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(site: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    site.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
