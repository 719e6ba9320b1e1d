"""Checks that take longer than a test may: ``python benchmarks/harness.py fuzz``.

``fuzz``: damaged files of every kind that helixdask reads. The counts and faults are printed as a Markdown table; each
fault with the reader, seed and number that make its file again.
"""

from __future__ import annotations

import argparse
import sys
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


def main() -> int:
    """Run the check that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(dest="check", required=True)
    fuzzing = checks.add_parser("fuzz", help="Damaged files of every kind.")
    fuzzing.add_argument("--count", type=int, default=10_000)
    fuzzing.add_argument("--seed", type=int, default=SEED)
    fuzzing.add_argument("--reader", action="append", default=[], help="Only this one; may be given again.")
    asked = parser.parse_args()
    return 1 if fuzz(asked.count, asked.seed, asked.reader) else 0


if __name__ == "__main__":
    sys.exit(main())
