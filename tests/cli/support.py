"""The installed command, run here (quick) or as a process of its own (what a user sees)."""

import contextlib
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helixdask.cli.main import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


def helixdask(*arguments):
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run([*map(str, arguments)])
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def done(*arguments):
    """Run a command line that must succeed."""
    outcome = helixdask(*arguments)
    assert outcome.code == 0, outcome.err
    return outcome


def process(*arguments, **options):
    """Run a command line as a process."""
    command = str(Path(sys.executable).with_name("helixdask"))
    ran = subprocess.run(
        [command, *map(str, arguments)], capture_output=True, timeout=3000, check=False, **({"text": True} | options)
    )
    return Outcome(ran.returncode, ran.stdout, ran.stderr)


def contents(folder):
    """Digest of every file below a folder, and every folder's name."""
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(Path(folder).rglob("*"))
    }
