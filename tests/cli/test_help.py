"""Help teaches, and every command that scripts rely on is there under its name."""

import re

import pytest

from tests.cli.support import helixdask, process

OPTIONS = {
    "prepare": "--output --model --gff3 --bam --strandedness --libraries",
    "tune": "--model --output --mode --labels --coverage --learning-rate --batch-size --epochs --require-better",
    "annotate": "--model --output --name --bam --libraries",
    "encode": "--output --species --on-bad-base",
    "labels": "--gff3 --name --aliases --rules",
    "coverage": "--bam --strandedness --libraries --name --rules",
    "predict": "--model --name --window-length --overlap --no-overlap --batch-size --coverage --coverage-norm",
    "call": "--predictions --output --window-size --edge-threshold --peak-threshold --min-coding-length --labels "
    "--sweep --peaks --edges --lengths --reference --contigs --tsv --plot",
    "windows": "--window-length --labels --predictions",
    "select": "--labels --predictions --window-length --keep-fraction --by --largest --report --rules",
    "split": "--val-fraction --seed --groups --report --rules",
    "train": "--output",
    "import": "--output --predictions --minus-padding --name --predictions-name --coverage-name",
    "export": "--genes --gff3 --gtf --bed --cds --proteins --region --longest --genetic-code "
    "--helixer --window-length --labels --coverage --predictions --no-sequence --order",
    "evaluate": "--reference --predictions --genes --compare --contigs --cds-only --noncoding --matching --per-contig "
    "--tsv --plot --report --json",
    "inspect": "--plot --json",
    "verify": "--quick --workers --scheduler --scheduler-file --json",
    "track": "--bed --gff3 --bedgraph --repeatmasker --name --type --aliases",
    "simulate": "--output --bases --seed",
    "demo": "--folder --seed --bases",
}
RUNNING = "--workers --scheduler --scheduler-file --memory-limit --dry-run --quiet --json"
STAGES = [
    "import",
    "prepare",
    "annotate",
    "encode",
    "labels",
    "coverage",
    "predict",
    "call",
    "windows",
    "select",
    "split",
]


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")


@pytest.mark.parametrize("command", OPTIONS)
def test_each_command_tells_its_options(command):
    ran = helixdask(command, "--help")
    assert ran.code == 0
    words = set(re.findall(r"--[a-z0-9-]+", ran.out))
    wanted = set(OPTIONS[command].split()) | (set(RUNNING.split()) if command in STAGES else set())
    assert wanted <= words
    first = re.search(r"Usage:[^\n]*\n+\s*(\S[^\n]*)", ran.out)
    assert first is not None
    assert len(first.group(1)) > 20  # one sentence, at least, says what it is for


def test_the_first_page_lists_all_commands_and_the_whole_way():
    ran = helixdask("--help")
    assert ran.code == 0
    for command in OPTIONS:
        assert re.search(rf"^\W*{command}\s", ran.out, re.MULTILINE), command
    assert "helixdask annotate STORE --model TUNED.keras -o GENES.gff3" in ran.out


def test_help_as_a_process_imports_little_and_nothing_heavy():
    ran = process("--help", env={"PYTHONPROFILEIMPORTTIME": "1", "PATH": "/usr/bin"})
    assert ran.code == 0
    imported = re.findall(r"^import time:.*\|\s+(\S+)$", ran.err, re.MULTILINE)
    assert 100 < len(imported) < 700  # about 370 modules, which take 0.3 s
    for heavy in ("numpy", "xarray", "zarr", "dask", "tensorflow", "pandas", "numba"):
        assert heavy not in imported


def test_version():
    ran = helixdask("--version")
    assert ran.code == 0
    assert re.fullmatch(r"helixdask \d+\.\d+\.\d+\S*\n", ran.out)
