"""A Slurm of three shell scripts: jobs are processes of this machine, and every call is written down."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_SBATCH = """#!/bin/bash
# The job is the script's own process group; its number is that of the call.
exec 9>>"$FAKE_SLURM/lock"; flock 9
if [ -e "$FAKE_SLURM/refuse" ]; then echo "sbatch: error: invalid account" >&2; exit 1; fi
number=$(($(ls "$FAKE_SLURM/jobs" | wc -l) + 1))
mkdir "$FAKE_SLURM/jobs/$number"
cp "$1" "$FAKE_SLURM/jobs/$number/script"
setsid bash "$FAKE_SLURM/jobs/$number/script" > "$FAKE_SLURM/jobs/$number/out" 2>&1 9>&- < /dev/null &
echo $! > "$FAKE_SLURM/jobs/$number/pid"
echo "Submitted batch job $number"
"""
_SCANCEL = """#!/bin/bash
echo "$1" >> "$FAKE_SLURM/cancelled"
kill -TERM -- "-$(cat "$FAKE_SLURM/jobs/$1/pid")" 2> /dev/null
exit 0
"""
_SQUEUE = """#!/bin/bash
ls "$FAKE_SLURM/jobs"
"""


class FakeSlurm:
    """The commands on `PATH`, and what they were called with.

    Parameters
    ----------
    folder
        For the scripts and their jobs.
    monkeypatch
        Sets the environment.
    """

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        (folder / "jobs").mkdir(parents=True)
        for name, text in (("sbatch", _SBATCH), ("scancel", _SCANCEL), ("squeue", _SQUEUE)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        monkeypatch.setenv("FAKE_SLURM", str(folder))
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def jobs(self) -> list[Path]:
        """Folders of the jobs that were submitted, in their order."""
        return sorted((self.folder / "jobs").iterdir(), key=lambda path: int(path.name))

    def script(self, number: int = 1) -> str:
        return (self.folder / "jobs" / str(number) / "script").read_text()

    def cancelled(self) -> set[str]:
        path = self.folder / "cancelled"
        return set(path.read_text().split()) if path.exists() else set()

    def kill(self, number: int) -> None:
        """End a job as a queue does whose time is up."""
        os.killpg(int((self.folder / "jobs" / str(number) / "pid").read_text()), signal.SIGKILL)

    def await_end(self, seconds: float = 1200.0) -> None:
        """Wait until no process of a job is left."""
        end = time.monotonic() + seconds
        while any(_lives(int((job / "pid").read_text())) for job in self.jobs()):
            assert time.monotonic() < end, "jobs are left"
            time.sleep(0.1)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
