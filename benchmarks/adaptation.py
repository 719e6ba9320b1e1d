"""Does tuning help on real genomes, and can the verdict be trusted? Bases of several qualities, blocks, seeds.

    python benchmarks/adaptation.py run DATA FOLDER [--pair spombe] [--stage screen] [--max-hours 2]
    python benchmarks/adaptation.py table FOLDER

DATA holds the genomes of `PAIRS`; they are not part of this repository. Everything goes into FOLDER. What is done is
not done again, so a run that is stopped goes on with the same command. Each genome is cut into blocks. What is chosen
is chosen by the stage ``screen`` on the first three; ``report`` looks at the others, once. ``harm`` tunes in ways that
must do harm, to learn whether the verdict says so. A run learns from some blocks; both models are scored on blocks
that no step has seen, and on those that it learnt from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pieces import copy_reads, copy_rows, cut, write_pieces

from helixdask.calling.settings import CallSettings
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import run_stage

CHR1 = "NC_003070.9"
LEVELS = ("exon", "gene")
COLUMNS = ("genic", "UTR", "CDS", "intron", *LEVELS)


@dataclass(frozen=True)
class Pair:
    """A base model and a genome.

    Attributes
    ----------
    model
        Name of a shipped base model, or of a ``.keras`` file in the folder.
    fasta, annotation, reads
        Files of the genome.
    evidence
        A file of aligned proteins in the folder: gzipped GFF3.
    blocks
        (contig, start, end): three to choose by, the others for the report.
    window, piece
        Bases of a window, and of the pieces that a block is cut into.
    keep_fraction
        Share of the windows to learn from.
    stranger
        A shipped model that knows nothing of such genomes: what it calls are wrong labels.
    """

    model: str
    fasta: str
    annotation: str
    reads: dict[str, str]
    blocks: tuple[tuple[str, int, int], ...]
    window: int = 10_692
    piece: int = 100_000
    keep_fraction: float = 0.5
    stranger: str = "demo"
    evidence: str = ""

    @property
    def has_libraries(self) -> bool:
        """Whether reads or alignments tell of genes."""
        return bool(self.reads or self.evidence)


def _blocks(contig: str, starts: tuple[float, ...], size: float) -> tuple[tuple[str, int, int], ...]:
    return tuple((contig, int(start * 1e6), int((start + size) * 1e6)) for start in starts)


_POMBE = (
    "spombe/spombe_I_II.fa.gz",
    "spombe/pombase_mRNA_only.derived.I_II.gff3.gz",
    {"mycelium": "spombe/spombe_dUTP.bam"},
    _blocks("I", (0.3, 2.2, 4.1), 1) + _blocks("II", (0.4, 1.5, 2.6, 3.5), 1),
)
_CHR1 = "more_genomes/athaliana_chr1_0_20Mb"
_THALIANA = Pair(
    "arenosa",
    f"{_CHR1}/genome.fa.gz",
    f"{_CHR1}/annotation.gff3.gz",
    {},
    _blocks(CHR1, (1, 4, 7), 1.2) + _blocks(CHR1, (10, 12.5, 15.5, 18), 1.2),
    stranger="fungi-mini",
)
PAIRS = {
    "spombe": Pair("fungi-mini", *_POMBE, stranger="plant-mini"),
    "thaliana": _THALIANA,
    "relative": replace(_THALIANA, evidence="arenosa_proteins.gff3.gz"),
    "chr3": Pair(
        "arenosa",
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
        "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
        {run: f"athaliana_chr3/at3_SRR{run}.bam" for run in ("5956436", "5956440", "5956444")},
        _blocks("Chr3:1065466-1464870", (0, 0.08, 0.16, 0.24, 0.32), 0.079),
        piece=20_000,
        keep_fraction=1.0,
    ),
    "far": Pair("plant-mini", *_POMBE),
}
N_TO_CHOOSE = 3


@dataclass(frozen=True)
class Option:
    """One way to tune.

    Attributes
    ----------
    labels
        ``reference``, or how pseudolabels are called: a key of `CALLING`.
    mode
        None: the default.
    settings
        Other settings of `TuneSettings`.
    after
        A second round: the model of this option is the base model, and calls the pseudolabels.
    by_stranger
        Whether a model of other genomes calls the pseudolabels.
    """

    labels: str = "default"
    mode: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    after: str | None = None
    by_stranger: bool = False

    @property
    def needs_reads(self) -> bool:
        """Whether the network is to see coverage."""
        return self.mode == "coverage" or "coverage" in self.settings


CALLING: dict[str, tuple[CallSettings, bool]] = {
    "default": (CallSettings(), True),
    "plain": (CallSettings(utr_ratio=0.0), False),
    "long UTRs": (CallSettings(utr_ratio=3.0), True),
    "sure genes only": (CallSettings(min_score=0.9), True),
    "many genes": (CallSettings(peak_threshold=0.2, min_coding_length=0), False),
}
"""Settings of the calling, and whether reads weigh in."""

SCREEN = {
    "norm": Option(mode="norm"),
    "head, after norm": Option(mode="head", after="norm"),
    "whole, after norm": Option(mode="whole", after="norm"),
    "head": Option(mode="head"),
    "coverage": Option(mode="coverage"),
    "whole": Option(mode="whole"),
    "whole, coverage seen": Option(mode="whole", settings={"coverage": "rnaseq"}),
    "whole, step 1e-3": Option(mode="whole", settings={"learning_rate": 1e-3}),
    "head, plain calls": Option("plain", "head"),
    "head, taught": Option(mode="head", settings={"doubt": "teach"}),
    "head, labels by confidence": Option(mode="head", settings={"confidence": "base"}),
    "whole, second round": Option(mode="whole", after="whole"),
    "head, annotation": Option("reference", "head"),
    "whole, annotation": Option("reference", "whole"),
    "coverage, annotation": Option("reference", "coverage"),
}
HARM = {
    "head, step 0.03": Option(mode="head", settings={"learning_rate": 0.03}),
    "head, step 0.3": Option(mode="head", settings={"learning_rate": 0.3}),
    "whole, step 0.01": Option(mode="whole", settings={"learning_rate": 0.01}),
    "head, step 1": Option(mode="head", settings={"learning_rate": 1.0}),
    "whole, step 0.003": Option(mode="whole", settings={"learning_rate": 0.003}),
    "whole, step 0.03": Option(mode="whole", settings={"learning_rate": 0.03}),
    "head, labels by a stranger": Option(mode="head", by_stranger=True, settings={"doubt": "teach"}),
    "whole, labels by a stranger": Option(mode="whole", by_stranger=True, settings={"doubt": "teach"}),
    "head, intergenic counts 100": Option(mode="head", settings={"class_weights": (100.0, 1.0, 1.0, 1.0)}),
    "head, genes count 100": Option(mode="head", settings={"class_weights": (0.01, 1.0, 1.0, 1.0)}),
    "head, UTRs count 20": Option(mode="head", settings={"class_weights": (1.0, 20.0, 1.0, 1.0)}),
    "head, coding bases count 20": Option(mode="head", settings={"class_weights": (1.0, 1.0, 20.0, 1.0)}),
    "head, introns count 20": Option(mode="head", settings={"class_weights": (1.0, 1.0, 1.0, 20.0)}),
    "head, intergenic counts 20": Option(mode="head", settings={"class_weights": (20.0, 1.0, 1.0, 1.0)}),
    "head, intergenic counts 5": Option(mode="head", settings={"class_weights": (5.0, 1.0, 1.0, 1.0)}),
    "head, genes count 20": Option(mode="head", settings={"class_weights": (0.05, 1.0, 1.0, 1.0)}),
    "head, genes count 5": Option(mode="head", settings={"class_weights": (0.2, 1.0, 1.0, 1.0)}),
    "head, sure genes only, taught": Option("sure genes only", "head", {"doubt": "teach"}),
    "head, many genes, taught": Option("many genes", "head", {"doubt": "teach"}),
    "head, long UTRs": Option("long UTRs", "head"),
}
OPTIONS = {"default": Option()} | SCREEN | HARM
EPOCHS = {"screen": 4, "report": 4, "harm": 2}
"""Epochs by stage. What does harm does so at once."""


@dataclass(frozen=True)
class Run:
    """One tuning: what it learns from, what it is scored on."""

    pair: str
    stage: str
    option: str
    learnt: tuple[int, ...]
    held_out: tuple[int, ...]
    seed: int

    @property
    def name(self) -> str:
        """Name of its files."""
        words = self.option.replace(", ", "-").replace(" ", "-").replace(".", "_")
        return f"{self.pair}-{words}-{''.join(map(str, self.learnt))}-{self.seed}"

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from others."""
        return self.pair, self.stage, self.option, self.learnt, self.seed


def runs_of(pair: str, stage: str, options: list[str], folds_wanted: list[int]) -> Iterator[Run]:
    """All runs of a stage, fold by fold."""
    first = tuple(range(N_TO_CHOOSE))
    folds = [(first[:k] + first[k + 1 :], (k,)) for k in first]
    seeds: tuple[int, ...] = (0,)
    if stage == "report":
        last = tuple(range(N_TO_CHOOSE, len(PAIRS[pair].blocks)))
        half = len(last) // 2
        folds, seeds = [(last[:half], last[half:]), (last[half:], last[:half])], (0, 1, 2)
    chosen = options or {"harm": [*HARM], "screen": [*SCREEN], "report": ["default"]}[stage]
    wanted = [folds[number] for number in folds_wanted or range(len(folds))]
    for seed in seeds:
        for learnt, held_out in wanted:
            for option in chosen:
                yield Run(pair, stage, option, learnt, held_out, seed)


class Laboratory:
    """Makes what runs need, once, in a folder."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.options = RunOptions(workers=1, quiet=True)
        folder.mkdir(exist_ok=True)

    def model_of(self, pair: Pair) -> str:
        """The base model as the commands take it."""
        from helixdask.trainer.base_models import shipped_model

        own = self.folder / f"{pair.model}.keras"
        return str(own if own.exists() else shipped_model(pair.model))

    def block(self, name: str, number: int) -> tuple[Path, Path]:
        """FASTA and annotation of a block; reads lie beside them."""
        pair, target = PAIRS[name], self.folder / f"{name}_{number}"
        fasta, annotation = self.data / pair.fasta, self.data / pair.annotation
        pieces = cut(fasta, annotation, *pair.blocks[number], pair.piece)
        written = target.with_suffix(".gtf" if ".gtf" in annotation.name else ".gff3")
        if not target.with_suffix(".tsv").exists():
            write_pieces(fasta, annotation, pieces, target)
            sheet = ["name\tpath\tkind\tstrandedness"]
            for library, bam in pair.reads.items():
                copy = target.with_name(f"{target.name}_{library}.bam")
                copy_reads(self.data / bam, pieces, copy)
                sheet.append(f"{library}\t{copy.name}\trnaseq\treverse")
            if pair.evidence:
                copy = target.with_name(f"{target.name}_evidence.gff3")
                copy_rows(self.folder / pair.evidence, pieces, copy)
                sheet.append(f"proteins\t{copy.name}\talignments\t")
            target.with_suffix(".tsv").write_text("\n".join(sheet) + "\n")
        return target.with_suffix(".fa"), written

    def store(self, name: str, number: int, labels: str, model: Path | None = None) -> str:
        """Store of a block to learn from: with the labels, and with the known genes to look at what is learnt."""
        from helixdask.coverage.sheet import read_libraries
        from helixdask.labels.settings import LabelsSettings
        from helixdask.selection.settings import SelectSettings, SplitSettings
        from helixdask.sequence.settings import EncodeSettings
        from helixdask.stages import annotation_stages
        from helixdask.trainer.recipes import PrepareSettings, prepare

        pair, (fasta, annotation) = PAIRS[name], self.block(name, number)
        by = "" if model is None else f"_{model.stem}"
        url = self.folder / f"{name}_{number}_{labels.replace(' ', '_')}{by}.zarr"
        done = url.with_suffix(".done")
        if done.exists():
            return str(url)
        calling, with_reads = CALLING.get(labels, CALLING["default"])
        prepare(
            PrepareSettings(
                genome=EncodeSettings(str(fasta), name),
                store=str(url),
                gff3=str(annotation) if labels == "reference" else None,
                model=str(model or self.model_of(pair)),
                libraries=tuple(read_libraries(str(fasta.with_suffix(".tsv")))) if pair.has_libraries else (),
                window_length=pair.window,
                select=SelectSettings(keep_fraction=pair.keep_fraction),
                split=SplitSettings(val_fraction=0.3),
                call=calling,
                with_reads=with_reads,
            ),
            self.options,
        )
        if labels != "reference":
            for stage in annotation_stages(str(annotation), LabelsSettings()):
                run_stage(stage, str(url), self.options)
        done.touch()
        return str(url)

    def scored_store(self, name: str, number: int) -> str:
        """Store of a block to be scored: genome and reads."""
        from helixdask.coverage.settings import CoverageSettings
        from helixdask.coverage.sheet import read_libraries
        from helixdask.sequence.stage import EncodeStage
        from helixdask.trainer.steps import coverage_steps, run_steps

        fasta, _ = self.block(name, number)
        url = self.folder / f"{name}_{number}_scored.zarr"
        if not url.exists():
            run_stage(EncodeStage(str(fasta), name), str(url), self.options)
        if PAIRS[name].has_libraries:
            libraries = read_libraries(str(fasta.with_suffix(".tsv")))
            run_steps(
                coverage_steps(str(url), libraries, CoverageSettings(), replace_there=False),
                str(url),
                self.options,
                lambda _: None,
            )
        return str(url)

    def scores(self, name: str, number: int, model: str, called: str, *, overlap: bool) -> dict[str, Any]:
        """Counts of a model on a block, piece by piece: confusions of bases, and matches by level."""
        from helixdask.evaluation.evaluate import evaluate
        from helixdask.trainer.prediction.settings import PredictSettings
        from helixdask.trainer.recipes import annotate

        url, (_, annotation) = self.scored_store(name, number), self.block(name, number)
        called = called.replace(".", "_")
        file = self.folder / f"{called}_{number}.gff3"
        annotate(url, model, str(file), self.options, predict=PredictSettings(predictions=called, overlap=overlap))
        found = evaluate(url, str(annotation), predictions=called, genes=called, options=self.options)
        n = len(found.contigs)
        by_level = {level: found.genes[called].by_contig(level, "coding", n).tolist() for level in LEVELS}
        return {"bases": found.tallies[called].classes.tolist(), **by_level}

    def base_scores(self, run: Run, number: int) -> dict[str, Any]:
        """Counts of the base model."""
        overlap = run.stage == "report"
        file = self.folder / f"base-{run.pair}_{number}{'_overlap' if overlap else ''}.json"
        if not file.exists():
            model = self.model_of(PAIRS[run.pair])
            name = "base_overlap" if overlap else "base"
            file.write_text(json.dumps(self.scores(run.pair, number, model, name, overlap=overlap)))
        return json.loads(file.read_text())

    def tuned(self, run: Run) -> tuple[Path, dict[str, Any]]:
        """Tune, and write down what was true at each check."""
        from helixdask.trainer.base_models import shipped_model
        from helixdask.trainer.tuning.settings import TuneSettings

        pair, option = PAIRS[run.pair], OPTIONS[run.option]
        model = self.folder / f"{run.name}.keras"
        note = model.with_suffix(".json")
        if note.exists():
            return model, json.loads(note.read_text())
        first = self.tuned(replace(run, option=option.after))[0] if option.after else None
        caller = Path(shipped_model(pair.stranger)) if option.by_stranger else first
        settings = TuneSettings(
            tuple(self.store(run.pair, number, option.labels, caller) for number in run.learnt),
            str(model),
            model=str(first or self.model_of(pair)),
            mode=option.mode or "auto",
            labels="reference" if option.labels == "reference" else "pseudo",
            seed=run.seed,
            epochs=EPOCHS[run.stage],
            patience=EPOCHS[run.stage],
            threads=1,
            keep_worse=True,
            replace=True,
        )
        result, truth = watched_run(replace(settings, **option.settings))
        found = {
            "verdict": {key: result.verdict[key] for key in ("outcome", "best_epoch", "text", "evidence")},
            "checks": [{key: row.get(key) for key in ("epoch", "evidence", "genic_f1")} for row in result.history],
            "truth": truth,  # genic F1 of the base model and of each check, on the validation windows
            "seconds": result.seconds,
        }
        note.write_text(json.dumps(found))
        return model, found


def watched_run(settings: Any) -> tuple[Any, list[float]]:
    """Tune, and score the base model and each check by the known genes, which decide nothing."""
    from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
    from helixdask.trainer.tuning.interrupts import StopRequest
    from helixdask.trainer.tuning.progress import Event, silent
    from helixdask.trainer.tuning.run import TrainingRun
    from helixdask.trainer.tuning.tune import start_of_tuning
    from helixdask.trainer.tuning.validation import Validation
    from helixdask.trainer.tuning.workbench import Workbench

    def genic_f1(learner: Any) -> float:
        return known.confusions(learner, 0).scores()["genic"]["f1"]

    def watch(event: Event) -> None:
        if event.kind == "check":
            truth.append(genic_f1(bench.learner))

    bench = Workbench(start_of_tuning(settings), watch, StopRequest())
    given = bench.validation
    seen = zip(bench.splits, bench.start.groups, strict=True)
    readers = [WindowReader(split.store, TrackSet("reference", groups)) for split, groups in seen]
    known = Validation(
        given.windows,
        readers,
        readers,
        batch_size=given.batch_size,
        pool_size=given.pool_size,
        padded_little=True,
        epochs=given.epochs,
        tell=silent,
        stop=given.stop,
    )
    truth = [genic_f1(bench.judge.base_learner)]
    return TrainingRun(bench).fit(), truth


def run(data: Path, folder: Path, todo: list[Run], max_hours: float) -> None:
    """One run after another."""
    laboratory, began, log = Laboratory(data, folder), time.monotonic(), folder / "results.jsonl"
    done = {tuple(tuple(x) if isinstance(x, list) else x for x in row["key"]) for row in results(folder)}
    for each in todo:
        if each.key in done:
            continue
        if max_hours and time.monotonic() - began > max_hours * 3600:
            sys.stderr.write("The time is over.\n")
            return
        started, pair = time.monotonic(), PAIRS[each.pair]
        if OPTIONS[each.option].needs_reads and not pair.has_libraries:
            continue
        model, found = laboratory.tuned(each)
        overlap = each.stage == "report"
        sides, learnt = {}, each.learnt if each.stage != "harm" else ()
        for side, numbers in (("held_out", each.held_out), ("learnt", learnt)):
            if not numbers:
                continue
            tuned = [laboratory.scores(each.pair, n, str(model), each.name, overlap=overlap) for n in numbers]
            base = [laboratory.base_scores(each, n) for n in numbers]
            sides[side] = {"tuned": joined(tuned), "base": joined(base)}
        row = {"key": each.key, **found, **sides, "all_seconds": time.monotonic() - started}
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        gains = " ".join(f"{name} {value:+.3f}" for name, value in zip(COLUMNS, gains_of(row, "held_out"), strict=True))
        sys.stderr.write(f"{row['all_seconds']:.0f} s {each.name}: {gains}; {row['verdict']['outcome']}\n")


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts of several blocks, piece after piece."""
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


def f1_of(counts: dict[str, Any], times: np.ndarray | None = None) -> np.ndarray:
    """Six F1 from counts by piece, each of which counts so many times."""
    from helixdask.trainer.tuning.bootstrap import base_f1, match_f1

    arrays = {name: np.array(values, np.float64) for name, values in counts.items()}
    if times is not None:
        arrays = {name: np.einsum("dp,p...->d...", times, values) for name, values in arrays.items()}
    else:
        arrays = {name: values.sum(axis=0) for name, values in arrays.items()}
    bases = base_f1(arrays["bases"])
    levels = [match_f1(arrays[level]) for level in LEVELS]
    return np.concatenate([bases[..., [0, 2, 3, 4]], np.stack(levels, axis=-1)], axis=-1)


def gains_of(row: dict[str, Any], side: str, times: np.ndarray | None = None) -> np.ndarray:
    """Six gains in F1 of the tuned model over the base."""
    return f1_of(row[side]["tuned"], times) - f1_of(row[side]["base"], times)


def results(folder: Path) -> list[dict[str, Any]]:
    """What has been run."""
    log = folder / "results.jsonl"
    return [json.loads(line) for line in log.open()] if log.exists() else []


def table(folder: Path) -> None:
    """Print gains with intervals, and how the verdicts and the choice of the check did."""
    found = results(folder)
    for pair in PAIRS:
        for stage in ("screen", "report", "harm"):
            rows = [row for row in found if row["key"][0] == pair and row["key"][1] == stage]
            if rows:
                print_gains(pair, stage, rows)
    print_choices(found)
    print_verdicts(found)


def print_gains(pair: str, stage: str, rows: list[dict[str, Any]], draws: int = 1000) -> None:
    """A row for each option: mean F1 of the tuned model; gain with a 95 % interval over pieces, folds and seeds."""
    rng = np.random.default_rng(0)
    for side in ("held_out", "learnt"):
        if side not in rows[0]:
            continue
        print(f"\n| {pair}, {stage}, {side.replace('_', ' ')} |", " | ".join(COLUMNS), "| runs |")
        print("|---|" + "---|" * (len(COLUMNS) + 1))
        for option in dict.fromkeys(row["key"][2] for row in rows):
            chosen = [row for row in rows if row["key"][2] == option]
            seeds = sorted({row["key"][4] for row in chosen})
            # Pieces are drawn, the same ones for all seeds of a fold, and seeds.
            gains = np.zeros((draws, len(COLUMNS)))
            for fold in {tuple(row["key"][3]) for row in chosen}:
                of_fold = [row for row in chosen if tuple(row["key"][3]) == fold]
                n = len(of_fold[0][side]["base"]["bases"])
                times = rng.multinomial(n, np.full(n, 1 / n), draws).astype(np.float64)
                each = np.stack([gains_of(row, side, times) for row in of_fold])
                drawn = rng.integers(0, len(each), (draws, len(each)))
                gains += each[drawn, np.arange(draws)[:, None]].mean(axis=1)
            gains /= len({tuple(row["key"][3]) for row in chosen})
            low, high = np.quantile(gains, [0.025, 0.975], axis=0)
            mean = np.mean([gains_of(row, side) for row in chosen], axis=0)
            score = np.mean([f1_of(row[side]["tuned"]) for row in chosen], axis=0)
            cells = [
                f"{s:.3f} ({m:+.3f}: {a:+.3f} to {b:+.3f})" for s, m, a, b in zip(score, mean, low, high, strict=True)
            ]
            print(f"| {option} |", " | ".join(cells), f"| {len(chosen)}, seeds {', '.join(map(str, seeds))} |")


def print_choices(rows: list[dict[str, Any]]) -> None:
    """What choosing the check by evidence loses against the best check, beside the last check and no tuning."""
    print("\n| runs, choice of the check | runs | loses, mean | most |\n|---|---|---|---|")
    losses: dict[str, list[float]] = {}
    for row in rows:
        if row["verdict"]["evidence"] is None:
            continue
        truth = np.array(row["truth"])
        best, checks = truth[1:].max(), row["checks"]
        agreements = [check["evidence"] for check in checks[1:]]
        by_evidence = len(agreements) - int(np.argmax(agreements[::-1]))  # of equal ones the later one
        kind = "harmful" if row["key"][1] == "harm" else "ordinary"
        for name, value in (("by evidence", truth[by_evidence]), ("the last", truth[-1]), ("the base", truth[0])):
            losses.setdefault(f"{kind}, {name}", []).append(best - value)
    for name, values in sorted(losses.items(), reverse=True):
        print(f"| {name} | {len(values)} | {np.mean(values):+.4f} | {max(values):+.4f} |")


def print_verdicts(rows: list[dict[str, Any]]) -> None:
    """What today's verdict says of runs that were truly worse, better, or neither, on what was held out."""
    from helixdask.trainer.tuning.criterion import outcome_of

    print("\n| pair, runs | truly | runs | better | not better | cannot tell |\n|---|---|---|---|---|---|")
    for pair in PAIRS:
        for kind, stages in (("ordinary", ("screen", "report")), ("harmful", ("harm",))):
            for truly, low, high in (("worse", -9.0, -0.01), ("between", -0.01, 0.02), ("better", 0.02, 9.0)):
                outcomes = [
                    outcome_of(row["verdict"]["evidence"])[0]
                    for row in rows
                    if row["key"][0] == pair and row["key"][1] in stages and row["verdict"]["evidence"] is not None
                    and low <= gains_of(row, "held_out")[0] < high
                ]  # fmt: skip
                if outcomes:
                    counts = [outcomes.count(name) for name in ("better", "not better", "cannot tell")]
                    print(f"| {pair}, {kind} | {truly} | {len(outcomes)} |", " | ".join(map(str, counts)), "|")


def main() -> None:
    """Run, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    runs = steps.add_parser("run")
    runs.add_argument("data", type=Path)
    runs.add_argument("folder", type=Path)
    runs.add_argument("--pair", action="append", choices=sorted(PAIRS))
    runs.add_argument("--stage", action="append", choices=("screen", "harm", "report"))
    runs.add_argument("--option", action="append", choices=sorted(OPTIONS))
    runs.add_argument("--fold", action="append", type=int)
    runs.add_argument("--max-hours", type=float, default=0.0)
    steps.add_parser("table").add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.step == "table":
        table(given.folder)
    else:
        pairs, stages = given.pair or [*PAIRS], given.stage or ["screen", "harm"]
        chosen = given.option or [], given.fold or []
        todo = [each for stage in stages for pair in pairs for each in runs_of(pair, stage, *chosen)]
        run(given.data, given.folder, todo, given.max_hours)


if __name__ == "__main__":
    main()
