"""Run what a tutorial says to type, and put what it printed into the page.

    python tools/write_tutorial.py docs/tutorial/yeast.md FOLDER

Each block of commands (``sh``) runs in the folder, one after the other; the block of output (``text``) that follows it
is replaced by its standard output. A block that stands behind ``<!-- not run -->`` is left out, such as downloads: put
the files into the folder before. Of long outputs only the first lines are kept where ``<!-- first 12 lines -->`` stands
before the block of output. Nothing is written where a command fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_BLOCK: Final = re.compile(
    r"(?P<skip><!-- not run -->\n)?```sh\n(?P<typed>.*?)```\n"
    r"(?:\n?(?P<keep><!-- first (?P<n>\d+) lines -->\n)?```text\n(?P<printed>.*?)```\n)?",
    re.DOTALL,
)


def typed(page: str) -> Iterator[str]:
    """Blocks of commands that are run, in their order."""
    return (found["typed"] for found in _BLOCK.finditer(page) if not found["skip"])


def with_outputs(page: str, outputs: Iterator[str]) -> str:
    """The page with the outputs of its commands, in the order of ``typed``."""

    def replaced(found: re.Match[str]) -> str:
        if found["skip"]:
            return found[0]
        printed = next(outputs).rstrip()
        if found["printed"] is None:
            return found[0]
        lines = [line.rstrip() for line in printed.splitlines()]
        if found["n"] and len(lines) > int(found["n"]):
            lines = [*lines[: int(found["n"])], "..."]
        marks = found["keep"] or ""
        return f"```sh\n{found['typed']}```\n{marks}```text\n" + "\n".join(lines) + "\n```\n"

    return _BLOCK.sub(replaced, page)


def run(commands: str, folder: Path) -> str:
    """Standard output of a block of commands; what goes to standard error is shown."""
    here = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    print(commands, end="", file=sys.stderr)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def main() -> None:
    """Run a page and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    page = arguments.page.read_text(encoding="utf-8")
    outputs = [run(commands, arguments.folder) for commands in typed(page)]
    arguments.page.write_text(with_outputs(page, iter(outputs)), encoding="utf-8")


if __name__ == "__main__":
    main()
