"""Examples at the end of each command's help: what is typed most often, and what it does."""

from __future__ import annotations

from typing import Final

_EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "prepare": (
        ("learn from an annotation", "prepare genome.fa -o genome.zarr --gff3 known.gff3"),
        (
            "learn from a base model's surest genes, with RNA-seq",
            "prepare genome.fa -o genome.zarr --model land_plant --bam leaf.bam root.bam --strandedness reverse",
        ),
        ("see tasks, disk, memory and time first", "prepare genome.fa -o genome.zarr --gff3 known.gff3 --dry-run"),
    ),
    "tune": (
        ("a model for this genome", "tune genome.zarr --model land_plant -o tuned.keras"),
        (
            "what it will take, measured on a few steps",
            "tune genome.zarr --model land_plant -o tuned.keras --dry-run --measure",
        ),
        ("for six hours at most", "tune genome.zarr --model land_plant -o tuned.keras --max-hours 6"),
        (
            "a model that sees the reads as well",
            "tune genome.zarr --model land_plant -o tuned.keras --coverage rnaseq",
        ),
        (
            "with a record of everything for programs",
            "tune genome.zarr --model land_plant -o tuned.keras --log-json tune.jsonl",
        ),
    ),
    "annotate": (
        ("a genome with a published model", "annotate genome.fa --model fungi -o genes.gff3"),
        ("a prepared store with a tuned model", "annotate genome.zarr --model tuned.keras -o genes.gff3"),
        (
            "only genes that the model is sure of",
            "annotate genome.zarr --model tuned.keras -o genes.gff3 --min-score 0.5",
        ),
    ),
    "encode": (("a genome", "encode genome.fa.gz -o genome.zarr --species 'Triticum aestivum'"),),
    "labels": (
        ("an annotation, and all that was found in it", "labels genome.zarr --gff3 known.gff3.gz --findings found.tsv"),
        (
            "an annotation that names the chromosomes otherwise",
            "labels genome.zarr --gff3 known.gff3 --aliases names.tsv",
        ),
    ),
    "coverage": (
        ("dUTP libraries", "coverage genome.zarr --bam leaf.bam root.bam --strandedness reverse"),
        ("find the protocol out", "coverage genome.zarr --bam leaf.bam --strandedness auto"),
        ("proteins aligned by another program", "coverage genome.zarr --evidence proteins.gff3"),
        ("several protocols, from a sheet", "coverage genome.zarr --libraries sheet.tsv"),
        ("what the libraries hold", "coverage genome.zarr --summary --report coverage.html"),
    ),
    "track": (("repeats", "track genome.zarr --repeatmasker genome.fa.out --name repeats"),),
    "predict": (
        ("all bases with a tuned model", "predict genome.zarr --model tuned.keras"),
        ("on a cluster that is running", "predict genome.zarr --model tuned.keras --scheduler tcp://node1:8786"),
    ),
    "call": (
        ("genes as GFF3", "call genome.zarr --predictions tuned -o genes.gff3"),
        ("fewer genes", "call genome.zarr --predictions tuned --name fewer --peak-threshold 0.9 -o fewer.gff3"),
        ("compare thresholds", "call genome.zarr --predictions tuned --sweep --reference known.gff3"),
    ),
    "windows": (("measure all windows", "windows genome.zarr --window-length 21384"),),
    "kinship": (("find copies, and a table to correct", "kinship genome.zarr -o groups.tsv"),),
    "select": (
        ("the surest tenth of every kind of window", "select genome.zarr --keep-fraction 0.1 --report selected.html"),
        ("among the training windows of a split", "select genome.zarr --split default --name second"),
    ),
    "split": (("keep copies on one side", "split genome.zarr --kinship default --test-fraction 0.1"),),
    "train": (
        ("a network from scratch, on two genomes", "train one.zarr two.zarr -o new.keras"),
        ("what it would take", "train one.zarr two.zarr -o new.keras --dry-run"),
    ),
    "evaluate": (
        ("all predictions and genes of a store", "evaluate genome.zarr --reference known.gff3 --report scores.html"),
        ("two models side by side", "evaluate genome.zarr --reference known.gff3 --genes tuned --compare base"),
        ("on windows that no step has learnt from", "evaluate genome.zarr --reference known.gff3 --side test"),
    ),
    "models": (
        ("Helixer's published models", "models"),
        ("the card of a model", "models tuned.keras"),
        ("a tuned model for Helixer", "models tuned.keras --helixer tuned.h5"),
    ),
    "report": (("a whole run as one page", "report genome.zarr tuned.keras -o report.html"),),
    "inspect": (
        ("what a store holds", "inspect genome.zarr"),
        ("genes and tracks of a region as a picture", "inspect genome.zarr chr1:10,000-60,000 --plot region.png"),
        (
            "two models below each other, and what was read",
            "inspect genome.zarr chr1:10,000-60,000 --plot two.png "
            "--tracks genes/reference,predictions/base,predictions/tuned",
        ),
    ),
    "verify": (
        ("read everything", "verify genome.zarr"),
        ("one group, sizes only", "verify genome.zarr coverage/rnaseq/leaf --quick"),
    ),
    "remove": (("what would be lost", "remove genome.zarr predictions/base --dry-run"),),
    "import": (("Helixer's own HDF5", "import h5_data.h5 -o genome.zarr"),),
    "export": (
        ("genes in several formats", "export genome.zarr --genes tuned --gff3 genes.gff3 --proteins proteins.fa"),
        ("everything for JBrowse 2 and IGV", "export genome.zarr --browser browser"),
        ("coverage as bigWig", "export genome.zarr --bigwig tracks"),
        ("Helixer's HDF5, to train with Helixer", "export genome.zarr --helixer data.h5 --window-length 21384"),
    ),
    "simulate": (("a tetraploid with reads", "simulate -o simulated --bases 10M --subgenomes 2 --seed 1"),),
    "demo": (("in a folder of its own", "demo --folder demo"),),
    "doctor": (
        ("what to paste into a report of a fault", "doctor"),
        ("the workers of a cluster, too", "doctor --scheduler tcp://node1:8786"),
    ),
}


def examples_of(command: str) -> list[tuple[str, str]]:
    """Examples of a command: what each does, and its words, ``helixdask`` included."""
    return [(what, f"helixdask {words}") for what, words in _EXAMPLES.get(command, ())]


def epilog_of(command: str) -> str | None:
    """Examples as the end of a command's help."""
    lines = [f"# {what}\n{words}" for what, words in examples_of(command)]
    return "\n".join(["**Examples**\n\n```sh", *lines, "```"]) if lines else None
