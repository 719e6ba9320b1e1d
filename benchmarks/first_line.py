"""How long each command, and the demonstration, take to say something, and to be done.

    python benchmarks/first_line.py [--demo | --make-demo] [PYTHON...]

Times are wall times on a machine that may be busy: the load is printed beside them, and the processor time of the
command, which hardly depends on it. PYTHON: other interpreters that have helixdask, such as an older one; all are
measured in turn, command by command.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COMMAND = ("-c", "from helixdask.cli.main import main; main()")


class Measured(NamedTuple):
    """Seconds to the first line that is not empty, to the end, and of the processor; and that line."""

    first: float
    total: float
    processor: float
    line: str


def measure(python: str, arguments: list[str], folder: Path) -> Measured:
    """Run one command and read what it prints, on either stream, as it comes."""
    spent = os.times()
    began = time.perf_counter()
    words = [*python.split(), *COMMAND, *arguments]
    first, line = None, ""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder) as process:
        for printed in process.stdout:
            if first is None and printed.strip():
                first, line = time.perf_counter() - began, printed.decode(errors="replace").strip()
    if process.returncode:
        sys.exit(f"{' '.join(arguments)}: exit code {process.returncode}, {line}")
    after = os.times()
    used = after.children_user + after.children_system - spent.children_user - spent.children_system
    total = time.perf_counter() - began
    return Measured(first or total, total, used, line)


def first_of_make_demo(times: int) -> None:
    """Print seconds until ``make demo`` says what it does, the environment being there; it is ended then."""
    for _ in range(times):
        began = time.perf_counter()
        with subprocess.Popen(
            ["make", "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True
        ) as process:
            for printed in process.stdout:
                line = printed.decode(errors="replace").strip()
                if line and "/helixdask demo" not in line:  # make shows the command first
                    break
            seconds = time.perf_counter() - began
            os.killpg(process.pid, signal.SIGINT)
        print(f"| `make demo` | {seconds:.1f} | {os.getloadavg()[0]:.1f} | {line[:60]} |", flush=True)


def commands(model: str) -> dict[str, str]:
    """One of each kind, in an order in which each finds what it needs."""
    reads = "--bam sim/reads.bam --strandedness reverse"
    return {
        "--help": "--help",
        "simulate": "simulate -o sim --bases 400k",
        "encode": "encode sim/genome.fa -o s.zarr",
        "labels": "labels s.zarr --gff3 sim/truth.gff3",
        "coverage": f"coverage s.zarr {reads}",
        "predict": f"predict s.zarr --model {model} --name base",
        "call": "call s.zarr -o called.gff3",
        "windows": "windows s.zarr --labels reference",
        "select": "select s.zarr --labels reference --keep-fraction 0.5",
        "split": "split s.zarr",
        "tune": f"tune s.zarr --model {model} -o tuned.keras --epochs 1",
        "prepare": f"prepare sim/genome.fa -o p.zarr --model {model} {reads}",
        "annotate": f"annotate s.zarr --model {model} -o genes.gff3 --name again",
        "evaluate": "evaluate s.zarr --reference sim/truth.gff3",
        "inspect": "inspect s.zarr",
        "export": "export s.zarr --genes reference --proteins proteins.fa",
        "models": "models",
    }


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true", help="the demonstration alone")
    parser.add_argument("--make-demo", action="store_true", help="make demo, until its first line")
    parser.add_argument("pythons", nargs="*", default=[sys.executable], metavar="PYTHON")
    asked = parser.parse_args()
    if asked.make_demo:
        first_of_make_demo(3)
        return
    from helixdask.trainer.base_models import DEMO

    chosen = {"demo": "demo --folder demo"} if asked.demo else commands(DEMO)
    print(
        "| command | " + " | ".join("first line, s | done, s | CPU s" for _ in asked.pythons) + " | load | says first |"
    )
    print("|---|" + "---|" * (3 * len(asked.pythons) + 2))
    with tempfile.TemporaryDirectory(prefix="first-line-") as scratch:
        folders = [Path(scratch) / str(number) for number in range(len(asked.pythons))]
        for name, command in chosen.items():
            cells, last = [], None
            for python, folder in zip(asked.pythons, folders, strict=True):
                folder.mkdir(exist_ok=True)
                last = measure(python, command.split(), folder)
                cells += [f"{last.first:.1f}", f"{last.total:.1f}", f"{last.processor:.1f}"]
            load = os.getloadavg()[0]
            print(f"| `{name}` | {' | '.join(cells)} | {load:.1f} | {last.line[:60]} |", flush=True)


if __name__ == "__main__":
    main()
