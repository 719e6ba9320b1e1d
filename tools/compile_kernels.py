"""Compile the kernels once, so that the first commands and the tests find them: a tiny genome goes the whole way."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

from helixdask.cli.main import run


def helixdask(*words: str | Path) -> None:
    """Run a command line in this process.

    Raises
    ------
    SystemExit
        It failed; what it said is shown.
    """
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run([*map(str, words)])
    except SystemExit as stop:
        if stop.code:
            sys.stderr.write(err.getvalue())
            raise


def main() -> None:
    """Simulate, prepare, tune for a step, annotate and evaluate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, genes = folder / "tiny.zarr", folder / "genes.gff3"
        here, model = ("--workers", "1", "--quiet"), ("--model", "demo")
        helixdask("simulate", "-o", folder / "tiny", "--bases", "200000", "--contigs", "4", "--subgenomes", "2", "-q")
        genome = folder / "tiny"
        reads = ("--bam", genome / "reads.bam", "--strandedness", "reverse")
        way = (*model, *reads, "--window-length", "7200", "--val-fraction", "0.4")
        helixdask("prepare", genome / "genome.fa", "-o", store, *way, *here)
        helixdask("tune", store, *model, "-o", folder / "tuned.keras", "--mode", "head", "--max-steps", "1", "-q")
        helixdask("annotate", store, *model, "-o", genes, *here)
        other = ("--rules", "helixer", "--name", "helixer", "-o", folder / "helixer.gff3")
        helixdask("call", store, "--predictions", "demo", *other, *here)
        helixdask("labels", store, "--gff3", genome / "truth.gff3", *here)
        helixdask("evaluate", store, "--reference", genome / "truth.gff3", "--genes", "demo", "-q")


if __name__ == "__main__":
    main()
