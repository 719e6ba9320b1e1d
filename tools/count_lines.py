"""Count the lines of product code, docstrings, comments and blank lines left out.

    python tools/count_lines.py [COMMIT]

Prints the sum, and the largest folder, file and function.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import PurePosixPath

FOLDERS = ("helixdask", "trainer", "cli")
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


def docstring_lines(tree: ast.Module) -> set[int]:
    """Lines of bare strings: docstrings, and those that stand below a constant."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def code_lines(text: str, tree: ast.Module) -> set[int]:
    """Lines that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {line for t in tokens if t.type not in QUIET for line in range(t.start[0], t.end[0] + 1)}
    return lines - docstring_lines(tree)


def main() -> int:
    """Count and print."""
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    folders: Counter[str] = Counter()
    files: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for name in git("ls-tree", "-r", "--name-only", commit, *FOLDERS).split():
        if not name.endswith(".py"):
            continue
        text = git("show", f"{commit}:{name}")
        tree = ast.parse(text)
        lines = code_lines(text, tree)
        files[name] = len(lines)
        folders[str(PurePosixPath(name).parent)] += len(lines)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions[f"{name}:{node.name}"] = len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))
    print(f"{sum(files.values()):,} lines of code in {len(files)} files")
    for title, counted in (("folder", folders), ("file", files), ("function", functions)):
        print(f"largest {title}s: " + ", ".join(f"{name} {n:,}" for name, n in counted.most_common(3)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
