"""Checks that take longer than a test may: ``python benchmarks/harness.py fuzz``, ``kill`` or ``locks``.

``fuzz``: damaged files of every kind that helixdask reads. The counts and faults are printed as a Markdown table; each
fault with the reader, seed and number that make its file again.

``kill``: each stage replaces a group in a process that is killed at moments drawn by a seed, and is run again; the
store must be the one that an undisturbed run leaves, byte for byte.

``locks``: four processes take over the locks of dead ones, all at once, round after round; never may two hold one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

OUTCOMES = ("result", "named error", "fault")
SEED = 1


def fuzz(count: int, seed: int, readers: list[str]) -> int:
    """Read damaged files, print what came of them; how many faults there are."""
    from tests.fuzz.run import READERS, fuzz

    names = tuple(readers or READERS)
    unknown = set(names) - set(READERS)
    if unknown:
        sys.exit(f"no such reader: {', '.join(sorted(unknown))}; there are {', '.join(READERS)}")
    found: dict[str, Any] = fuzz(count, seed, names)
    print(f"\n{count:,} files, seed {seed}; at most {found['largest_bytes'] / 1e6:.0f} MB and ", end="")
    print(f"{found['longest_seconds']} s for one\n")
    print(f"| reader | {' | '.join(OUTCOMES)} |\n|---|{'---|' * len(OUTCOMES)}")
    for name, counts in found["counts"].items():
        print(f"| {name} | {' | '.join(str(counts.get(outcome, 0)) for outcome in OUTCOMES)} |")
    return len(found["faults"])


def kill(count: int, seed: int, stages: list[str]) -> int:
    """Kill each stage, print what the rerun left otherwise; how many reruns did."""
    from tests.engine.all_stages import NAMES, make_inputs
    from tests.engine.kills import kill_and_rerun

    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs"
        make_inputs(inputs)
        print(f"{count} kills of each stage, seed {seed}\n")
        print("| stage | kills | reruns that left other bytes |\n|---|---|---|")
        for name in stages or NAMES:
            scratch = Path(folder) / name
            scratch.mkdir()
            found = [text for text in kill_and_rerun(name, inputs, scratch, count, seed) if text]
            print(f"| `{name}` | {count} | {len(found)} |", *found, sep="\n", flush=True)
            wrong += len(found)
    return wrong


def locks(rounds: int, processes: int) -> int:
    """Take over stale locks; how often two processes held one."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.engine.lock_race", folder, str(rounds), str(processes)]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        started = [subprocess.Popen([*command, str(number)], cwd=root, env=environment) for number in range(processes)]
        failed = sum(process.wait() != 0 for process in started)
        double = len(list(Path(folder).glob("double-*")))
        taken = sum(int(path.read_text()) for path in Path(folder).glob("held-*"))
    print(f"{rounds} stale locks, {processes} processes: taken over {taken} times, held by two {double} times")
    return failed + double + max(0, rounds - taken)


def main() -> int:
    """Run the check that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(dest="check", required=True)
    fuzzing = checks.add_parser("fuzz", help="Damaged files of every kind.")
    fuzzing.add_argument("--count", type=int, default=10_000)
    fuzzing.add_argument("--seed", type=int, default=SEED)
    fuzzing.add_argument("--reader", action="append", default=[], help="Only this one; may be given again.")
    killing = checks.add_parser("kill", help="Stages that are killed and run again.")
    killing.add_argument("--count", type=int, default=50, help="Kills of each stage.")
    killing.add_argument("--seed", type=int, default=SEED)
    killing.add_argument("--stage", action="append", default=[], help="Only this one; may be given again.")
    racing = checks.add_parser("locks", help="Locks of dead processes, taken over by several at once.")
    racing.add_argument("--rounds", type=int, default=1000)
    racing.add_argument("--processes", type=int, default=4)
    asked = parser.parse_args()
    if asked.check == "kill":
        return 1 if kill(asked.count, asked.seed, asked.stage) else 0
    if asked.check == "locks":
        return 1 if locks(asked.rounds, asked.processes) else 0
    return 1 if fuzz(asked.count, asked.seed, asked.reader) else 0


if __name__ == "__main__":
    sys.exit(main())
