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
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.report import give, print_table, say
from helixdask.cli.showing import shown
from helixdask.errors import AlreadyExistsError, StageFailedError
from helixdask.trainer.base_models import DEMO

_HELD_OUT = "chr4"
_NOTE = "demo.json"
"""Says what the genome in a folder was simulated with, and by which version, once all of it is there."""
_MADE = ("simulated", "tuning.zarr", "held_out.zarr", "base.gff3", "tuned.*", ".tuned.*", "scores.json")
"""What the steps make."""
_REFUSED = 2
"""Exit code of a step that cannot do what is asked with what is there."""


class _Steps:
    """Says which step of how many begins, and runs its command as a user would."""

    def __init__(self, n_steps: int, *, as_json: bool = False) -> None:
        self._stdout = 2 if as_json else None  # only the result goes to standard output then
        self._began = time.monotonic()
        self._n_steps, self._step = n_steps, 0

    @property
    def seconds(self) -> float:
        """Time since the first step."""
        return time.monotonic() - self._began

    def skip(self, why: str) -> None:
        """Count a step that needs not be done."""
        self._step += 1
        say(f"\nStep {self._step} of {self._n_steps}: {why}", style="bold", to_errors=True)

    def run(self, what: str, *arguments: str | Path) -> None:
        """Run a command; what it prints goes where ours goes."""
        self._run(what, arguments, self._stdout)

    def result_of(self, what: str, *arguments: str | Path) -> Any:
        """Run a command with ``--json`` and return what it printed."""
        return json.loads(self._run(what, (*arguments, "--json"), stdout=subprocess.PIPE))

    def _run(self, what: str, arguments: Sequence[str | Path], stdout: int | None = None) -> bytes:
        self.skip(what)
        command = f"helixdask {shlex.join(map(str, arguments))}"
        say(f"$ {command}", to_errors=True)
        sys.stdout.flush()
        words = [sys.executable, "-m", "helixdask", *map(str, arguments), *shown().words()]
        done = subprocess.run(words, stdout=stdout, check=False)
        if done.returncode:
            raise StageFailedError(
                f"step {self._step} of the demonstration failed with exit code {done.returncode}; its message is above",
                where=command,
                remedy="What is in the folder does not fit: remove it, or choose another --folder."
                if done.returncode == _REFUSED
                else "Run the demonstration again: it goes on where it stopped.",
            )
        return done.stdout or b""


def _divide(simulated: Path, tuning: Path, groups: Path, held_out: Path, truth: Path) -> None:
    """Put the last chromosome of each subgenome aside with its true genes; the others, in groups, are for tuning."""
    lines = (simulated / "groups.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    groups.write_text("".join(line for line in lines if not line.startswith(_HELD_OUT)), encoding="utf-8")
    lines = (simulated / "truth.gff3").read_text(encoding="utf-8").splitlines(keepends=True)
    truth.write_text("".join(line for line in lines if line.startswith(("##gff", _HELD_OUT))), encoding="utf-8")
    with (
        (simulated / "genome.fa").open(encoding="utf-8") as source,
        tuning.open("w", encoding="utf-8") as ours,
        held_out.open("w", encoding="utf-8") as theirs,
    ):
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


def run_demo(folder: Path, seed: int = 0, bases: str = "2M", *, as_json: bool = False) -> dict[str, list[float]]:
    """Run the demonstration in a folder and return the scores of both models.

    Returns
    -------
    dict
        F1 values by model, ``base`` and ``tuned``: genic, UTR, CDS, intron by base; exons; genes.
    """
    from helixdask.outputs import check_folder
    from helixdask.trainer.runtime import require_tensorflow

    check_folder(folder)
    require_tensorflow()
    steps = _Steps(6, as_json=as_json)
    say(
        f"The demonstration tunes a small model to a simulated genome of {bases} bases: six commands, some minutes "
        f"on two cores.\nEverything it makes goes to {folder}/.",
        to_errors=True,
    )
    folder.mkdir(parents=True, exist_ok=True)
    simulated = folder / "simulated"
    tuning, groups = folder / "tuning.fa", folder / "groups.tsv"
    held_out, truth = folder / "held_out.fa", folder / "held_out.gff3"
    store, scored, tuned = folder / "tuning.zarr", folder / "held_out.zarr", folder / "tuned.keras"
    model = DEMO
    asked = {"seed": seed, "bases": bases, "helixdask": version("helixdask")}
    if _goes_on(folder, asked):
        steps.skip("the genome is there from an earlier run")
    else:
        steps.run(
            "simulate a polyploid genome, its true genes and RNA-seq reads",
            *("simulate", "-o", simulated, "--bases", bases, "--seed", str(seed)),
        )
        _divide(simulated, tuning, groups, held_out, truth)
        (folder / _NOTE).write_text(json.dumps(asked), encoding="utf-8")
    reads = ("--bam", simulated / "reads.bam", "--strandedness", "reverse")
    steps.run(
        "prepare a store: genome, coverage, the base model's surest genes",
        *("prepare", tuning, "-o", store, "--model", model, *reads, "--groups", groups),
        *("--species", "simulated", "--seed", str(seed)),
    )
    steps.run("tune the model to it", "tune", store, "--model", model, "-o", tuned, "--seed", str(seed))
    for name, chosen in (("base", model), ("tuned", tuned)):
        source = held_out if name == "base" else scored
        genes = folder / f"{name}.gff3"
        extra = ("--store", scored, "--species", "simulated") if name == "base" else reads
        steps.run(
            f"annotate contigs that were held out with the {name} model",
            *("annotate", source, "--model", chosen, "-o", genes, "--name", name, *extra),
        )
    evaluated = steps.result_of("compare both with the true genes", "evaluate", scored, "--reference", truth)
    scores = {name: scores_of(evaluated, name) for name in ("base", "tuned")}
    (folder / "scores.json").write_text(json.dumps({"seed": seed, **scores}, indent=1), encoding="utf-8")
    if not give(scores, as_json=as_json):
        _show(scores, folder, steps.seconds)
    return scores


def _goes_on(folder: Path, asked: dict[str, Any]) -> bool:
    """Whether an earlier run left this genome. What the demonstration made of another one is removed."""
    note = folder / _NOTE
    if note.exists():
        found = json.loads(note.read_text(encoding="utf-8"))
        if found == asked:
            return True
        say(
            f"What an earlier demonstration made in {folder}/ is made anew: {_difference(found, asked)}.",
            to_errors=True,
        )
        for path in (path for pattern in _MADE for path in folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        note.unlink()
    elif there := [path for path in folder.glob("*.zarr") if path.name in _MADE]:
        raise AlreadyExistsError(
            "a store that no demonstration made is here", where=str(there[0]), remedy="Choose another --folder."
        )
    return False


def _difference(found: dict[str, Any], asked: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {asked[name]} instead of {found.get(name, 'unknown')}"
        for name in asked
        if asked[name] != found.get(name)
    )


def _show(scores: dict[str, list[float]], folder: Path, seconds: float) -> None:
    gain = [after - before for before, after in zip(scores["base"], scores["tuned"], strict=True)]
    columns = ("F1 on held-out contigs", "genic", "UTR", "CDS", "intron", "exon", "gene")
    rows = [
        (name, *(f"{value:.3f}" for value in values))
        for name, values in (("base model", scores["base"]), ("tuned model", scores["tuned"]))
    ]
    rows.append(("gain", *(f"{value:+.3f}" for value in gain)))
    say("")
    print_table(f"The demonstration took {seconds:.0f} s", columns, rows)
    say(
        f"\nWhere to look, in {folder}/:\n"
        "  tuned.gff3    genes of the held-out contigs by the tuned model (base.gff3: by the base model; "
        "held_out.gff3: the true ones)\n"
        "  tuned.keras   the tuned model; tuned.md is its card, tuned.csv and tuned.png show how it learnt\n"
        "  tuning.zarr   the store it learnt from: helixdask inspect "
        f"{folder}/tuning.zarr chr1A:0-50,000 --plot region.png\n"
        "  simulated/    genome, reads and truth"
    )


def demo(
    folder: Annotated[Path, typer.Option(help="Where to put everything.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the simulated genome.")] = 0,
    bases: Annotated[str, typer.Option(help="Size of the simulated genome.")] = "2M",
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Simulate a genome, tune the small base model to it, and show the scores before and after."""
    run_demo(folder, seed, bases, as_json=as_json)
