"""Run the benchmarks one after another; each prints a Markdown table for docs/explanation/benchmarks.md."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
OTHERS = {"adaptation", "devices_repeated", "empty_genomes", "false_genes", "harness", "kinship"}
OTHERS |= {"kinship_scale", "pieces", "plans", "real_species", "run", "s3_requests", "scale", "whole_way"}
"""Checks that are no speeds, and scripts that need files or folders."""


def main() -> None:
    """Say on what, then run every script in this folder."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("helixdask", "numpy", "zarr", "dask", "numba"))
    print(f"Python {platform.python_version()}, {packages}; {platform.processor() or platform.machine()}\n")
    for script in sorted(HERE.glob("*.py")):
        if script.stem not in OTHERS:
            print(f"\n## {script.stem}\n", flush=True)
            subprocess.run([sys.executable, str(script)], check=True)


if __name__ == "__main__":
    main()
