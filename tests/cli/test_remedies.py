"""Options that errors advise exist."""

import ast
import re
from pathlib import Path

import typer

from helixdask.cli.main import app

ROOT = Path(__file__).parents[2]
FOREIGN = {"--resources", "--gres", "--lifetime", "--shift"}
"""Of Dask, of batch systems and of Helixer."""


def advised():
    """Options in texts that are given as remedies, with the file that says so."""
    for folder in ("helixdask", "trainer", "cli"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if "remedy=" in text else ():
                if isinstance(node, ast.keyword) and node.arg == "remedy":
                    for option in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]", ast.unparse(node.value)):
                        yield option, path.name


def test_options_in_remedies_exist():
    commands = typer.main.get_command(app).commands.values()
    known = {name for command in commands for one in command.params for name in (*one.opts, *one.secondary_opts)}
    found = list(advised())
    assert len(found) > 50
    assert [(option, name) for option, name in found if option not in known | FOREIGN] == []
