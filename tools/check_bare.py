"""Run every command that needs no TensorFlow in an environment without it; see that the others say what is missing.

    python tools/check_bare.py [--hide]

Everything is made in a temporary folder. With ``--hide`` an environment that has TensorFlow and matplotlib serves, too:
they are hidden.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

HEAVY = ("tensorflow", "keras", "tensorstore", "matplotlib")
READS = "--bam sim/reads.bam --strandedness reverse"

WORK = f"""
--help
--version
simulate -o sim --bases 60k
encode sim/genome.fa -o s.zarr
labels s.zarr --gff3 sim/truth.gff3 --findings findings.tsv
coverage s.zarr {READS} --summary
track s.zarr --gff3 sim/truth.gff3 --type gene --name genes
export s.zarr --helixer helixer.h5 --window-length 900 --labels reference --order file
predictions
import helixer.h5 --predictions predictions.h5 --minus-padding front --predictions-name base -o i.zarr
call i.zarr --predictions base -o called.gff3 --gtf called.gtf --proteins proteins.fa
call i.zarr --predictions base --sweep --peaks 0.5,0.9 --tsv sweep.tsv
windows i.zarr --window-length 900
select i.zarr --window-length 900 --report select.html
split i.zarr --report split.html
evaluate i.zarr --reference sim/truth.gff3 --tsv scores.tsv
evaluate called.gff3 --reference sim/truth.gff3
export i.zarr --gff3 genes.gff3 --bed genes.bed --cds cds.fa --genes base
export s.zarr --bigwig tracks --coverage rnaseq
inspect s.zarr
inspect s.zarr chr1A:0-1,000
prepare sim/genome.fa -o p.zarr --gff3 sim/truth.gff3 {READS} --window-length 900
verify s.zarr
remove s.zarr tracks/genes
models
"""
REFUSED = """
predict s.zarr --model MODEL
tune p.zarr --model MODEL -o tuned.keras
train p.zarr -o new.keras
annotate sim/genome.fa --model MODEL -o a.gff3
prepare sim/genome.fa -o q.zarr --model MODEL
demo
"""


def write_predictions() -> None:
    """Predictions that are as sure of the labels as can be, as Helixer would write them."""
    import h5py
    import numpy as np

    with h5py.File("helixer.h5") as file, h5py.File("predictions.h5", "w") as out:
        out["predictions"] = file["data/y"][:].astype(np.float32)
        out["predictions_phase"] = file["data/phases"][:].astype(np.float32)


def outcome(command: str) -> tuple[int, str]:
    """Exit code of a command, and all that it printed."""
    from helixdask.cli.main import run

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            run(command.split())
        except SystemExit as stop:
            return int(stop.code or 0), printed.getvalue()
    return 0, printed.getvalue()


def main() -> None:
    """Run all; the exit code is 1 if one did not do what it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hide", action="store_true", help="hide what must not be needed")
    if parser.parse_args().hide:
        for name in HEAVY:
            sys.modules[name] = None  # type: ignore[assignment]
    from helixdask.trainer.base_models import DEMO

    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for command in WORK.strip().splitlines():
            if command == "predictions":
                write_predictions()
                continue
            code, printed = outcome(command)
            print("ok    " if code == 0 else "FAILED", command, "" if code == 0 else f"\n{printed}")
            wrong += code != 0
        before = sorted(Path().rglob("*"))
        for command in REFUSED.strip().splitlines():
            code, printed = outcome(command.replace("MODEL", DEMO))
            is_right = code == 2 and "TensorFlow is needed" in printed and sorted(Path().rglob("*")) == before
            print("ok    " if is_right else "FAILED", command, "is refused" if is_right else f"\n{code} {printed}")
            wrong += not is_right
        os.chdir("/")
    loaded = sorted(set(HEAVY) & {name for name, module in sys.modules.items() if module is not None})
    if loaded:
        print("FAILED these were imported:", *loaded)
    sys.exit(bool(wrong or loaded))


if __name__ == "__main__":
    main()
