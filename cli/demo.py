"""The demonstration: tune a small base model to a simulated polyploid, the way users do it, and score it.

The base model was trained on another simulated species. It is tuned on its own surest predictions and on nothing that
is known of the truth; the truth is only for the scores, on contigs that no step has learnt from.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.report import print_table
from helixdask.errors import StageFailedError

__all__ = ["base_model", "demo", "run_demo", "scores_of"]

_HELD_OUT = "chr4"


def base_model() -> Path:
    """Path of the small base model that comes with the package."""
    return Path(str(files("helixdask.trainer.base_model") / "demo.keras"))


def _helixdask(*arguments: str | Path) -> str:
    """Show a command and run it as a user would; what it printed."""
    words = [str(argument) for argument in arguments]
    typer.secho(f"\n$ helixdask {shlex.join(words)}", bold=True, err=True)
    command = [sys.executable, "-m", "helixdask.cli.main", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if "--json" not in words:
        typer.echo(done.stdout, nl=False)
    if done.returncode:
        raise StageFailedError("a step of the demonstration failed", where=f"helixdask {shlex.join(words)}")
    return done.stdout


def _divide(genome: Path, tuning: Path, held_out: Path) -> None:
    """Put the last chromosome of each subgenome aside."""
    with genome.open() as source, tuning.open("w") as ours, held_out.open("w") as theirs:
        target = ours
        for line in source:
            if line.startswith(">"):
                target = theirs if line[1:].startswith(_HELD_OUT) else ours
            target.write(line)


def scores_of(evaluated: dict[str, Any], name: str) -> list[float]:
    """F1 values of one set of predictions: genic, UTR, CDS, intron by base; exons; genes."""
    bases, genes = evaluated["bases"][name], evaluated["genes"][name]
    by_class = [bases[key]["f1"] for key in ("genic", "utr", "cds", "intron")]
    return [*by_class, genes["exon"]["f1"], genes["gene"]["f1"]]


def run_demo(folder: Path, seed: int = 0, bases: str = "2M") -> dict[str, list[float]]:
    """Run the demonstration in a folder and return the scores of both models.

    Returns
    -------
    dict
        F1 values by model, ``base`` and ``tuned``: genic, UTR, CDS, intron by base; exons; genes.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    simulated = folder / "simulated"
    tuning, held_out = folder / "tuning.fa", folder / "held_out.fa"
    store, scored, tuned = folder / "tuning.zarr", folder / "held_out.zarr", folder / "tuned.keras"
    model = base_model()
    asked = {"seed": seed, "bases": bases}
    note = folder / "demo.json"
    if not note.exists() or json.loads(note.read_text()) != asked:
        # What another run left was made from another genome; what this one left is gone on with.
        for other in (store, scored):
            shutil.rmtree(other, ignore_errors=True)
        _helixdask("simulate", "-o", simulated, "--bases", bases, "--seed", str(seed))
        _divide(simulated / "genome.fa", tuning, held_out)
        note.write_text(json.dumps(asked))
    reads = ("--bam", simulated / "reads.bam", "--strandedness", "reverse")
    _helixdask(
        *("prepare", tuning, "-o", store, "--model", model, *reads, "--groups", simulated / "groups.tsv"),
        *("--species", "simulated", "--seed", str(seed)),
    )
    _helixdask("tune", store, "--model", model, "-o", tuned, "--seed", str(seed))
    for name, chosen in (("base", model), ("tuned", tuned)):
        source = held_out if name == "base" else scored
        genes = folder / f"{name}.gff3"
        extra = ("--store", scored, "--species", "simulated") if name == "base" else reads
        _helixdask("annotate", source, "--model", chosen, "-o", genes, "--name", name, *extra)
    evaluated = json.loads(_helixdask("evaluate", scored, "--reference", simulated / "truth.gff3", "--json"))
    scores = {name: scores_of(evaluated, name) for name in ("base", "tuned")}
    (folder / "scores.json").write_text(json.dumps({"seed": seed, **scores}, indent=1))
    _show(scores, folder, time.monotonic() - began)
    return scores


def _show(scores: dict[str, list[float]], folder: Path, seconds: float) -> None:
    gain = [after - before for before, after in zip(scores["base"], scores["tuned"], strict=True)]
    columns = ("F1 on held-out contigs", "genic", "UTR", "CDS", "intron", "exon", "gene")
    rows = [
        (name, *(f"{value:.3f}" for value in values))
        for name, values in (("base model", scores["base"]), ("tuned model", scores["tuned"]))
    ]
    rows.append(("gain", *(f"{value:+.3f}" for value in gain)))
    typer.echo("")
    print_table(f"The demonstration took {seconds:.0f} s", columns, rows)
    typer.echo(
        f"\nWhere to look, in {folder}/:\n"
        "  tuned.gff3    genes of the held-out contigs by the tuned model (base.gff3: by the base model)\n"
        "  tuned.keras   the tuned model; tuned.md is its card, tuned.csv and tuned.png show how it learnt\n"
        "  tuning.zarr   the store it learnt from: helixdask inspect "
        f"{folder}/tuning.zarr chr1A:0-50,000 --plot region.png\n"
        "  simulated/    genome, reads and truth"
    )


def demo(
    folder: Annotated[Path, typer.Option(help="Where to put everything.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the simulated genome.")] = 0,
    bases: Annotated[str, typer.Option(help="Size of the simulated genome.")] = "2M",
) -> None:
    """Simulate a genome, tune the small base model to it, and show the scores before and after."""
    run_demo(folder, seed, bases)
