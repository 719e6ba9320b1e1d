"""An output that cannot be written is told before the work."""

import errno

import pytest

from helixdask import outputs
from helixdask.errors import BadInputError
from helixdask.outputs import check_folder, check_outputs
from helixdask.trainer.tuning.settings import TuneSettings
from tests.cli.support import contents, helixdask
from tests.small_store import publish

BASE = "--model MODEL"
COMMANDS = {
    "prepare": f"prepare GENOME -o FILE/s.zarr --gff3 TRUTH {BASE}",
    "annotate, genes": f"annotate GENOME {BASE} -o NOSUCH/x.gff3",
    "annotate a store, genes": f"annotate STORE {BASE} -o NOSUCH/x.gff3",
    "annotate, store": f"annotate GENOME {BASE} -o FOLDER/x.gff3 --store FILE/s.zarr",
    "encode": "encode GENOME -o FILE/s.zarr",
    "import": "import GENOME -o FILE/s.zarr",
    "labels": "labels STORE --gff3 TRUTH --name other --findings NOSUCH/f.tsv",
    "select": "select STORE --report NOSUCH/r.html",
    "split": "split STORE --report NOSUCH/r.html",
    "report": "report STORE -o NOSUCH/r.html",
    "coverage": "coverage STORE --bam READS --strandedness reverse --summary --report NOSUCH/r.html",
    "call, gff3": "call STORE -o NOSUCH/x.gff3",
    "call, proteins": "call STORE -o FOLDER/x.gff3 --proteins NOSUCH/x.fa",
    "call, one file twice": "call STORE -o FOLDER/x.gff3 --gtf FOLDER/x.gff3",
    "call --sweep": "call STORE --sweep --tsv NOSUCH/x.tsv",
    "export, genes": "export STORE --gff3 NOSUCH/x.gff3",
    "export, a folder": "export STORE --bed FOLDER",
    "export, Helixer": "export STORE --helixer NOSUCH/x.h5 --window-length 900",
    "export, bigWig": "export STORE --bigwig FILE/tracks",
    "evaluate": "evaluate STORE --reference TRUTH --tsv NOSUCH/x.tsv",
    "inspect": "inspect STORE --plot NOSUCH/x.png",
    "models": "models MODEL --helixer NOSUCH/x.h5",
    "simulate": "simulate -o FILE/folder",
    "demo": "demo --folder FILE/folder",
    "tune": f"tune STORE {BASE} -o NOSUCH/x.keras",
    "train": "train STORE -o NOSUCH/x.keras",
}


@pytest.fixture(scope="module")
def predicted(labelled_forever, tiny_model, tmp_path_factory):
    """A store that has all that the commands ask for before they look at their outputs."""
    import shutil

    from helixdask.store.store import Store

    url = shutil.copytree(labelled_forever, tmp_path_factory.mktemp("predicted") / "s.zarr")
    store = Store.open(url)
    for group in ("predictions/base", "selections/default"):
        publish(store, group)
    return url


@pytest.mark.parametrize("name", COMMANDS)
def test_refused_at_once(name, predicted, species, tiny_model, tmp_path):
    (tmp_path / "file").touch()
    words = {
        "GENOME": species.genome,
        "TRUTH": species.truth,
        "READS": species.reads,
        "MODEL": tiny_model,
        "STORE": predicted,
        "NOSUCH": tmp_path / "nosuch",
        "FOLDER": tmp_path,
        "FILE": tmp_path / "file",
    }
    command = COMMANDS[name]
    for word, path in words.items():
        command = command.replace(word, str(path))
    before = contents(predicted), contents(tmp_path)
    ran = helixdask(*command.split())
    assert ran.code == 2, ran.err
    assert "cannot write" in ran.err or "two outputs" in ran.err
    assert (contents(predicted), contents(tmp_path)) == before


def test_what_is_there_stays(tmp_path):
    (tmp_path / "x").write_text("before")
    check_outputs(tmp_path / "x", None, str(tmp_path / "y"))
    check_folder(tmp_path / "a/b/c")
    check_folder("s3://bucket/store.zarr")
    assert contents(tmp_path).keys() == {"x"}
    assert (tmp_path / "x").read_text() == "before"


def test_a_disk_that_cannot_be_written(tmp_path, monkeypatch):
    def refused(dir):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(outputs.tempfile, "TemporaryFile", refused)
    with pytest.raises(BadInputError, match="cannot write: Read-only file system"):
        check_outputs(tmp_path / "x")
    with pytest.raises(BadInputError, match="cannot write: Read-only file system"):
        check_folder(tmp_path / "a/b")
    with pytest.raises(BadInputError, match="cannot write: Read-only file system"):
        TuneSettings(stores=("s",), output=str(tmp_path / "x.keras")).check()


def test_a_refused_genome_leaves_nothing(tmp_path, tiny_model):
    (tmp_path / "bad.fa").write_text(">a\nACGT!\n")
    before = contents(tmp_path)
    for command in (
        ["encode", tmp_path / "bad.fa", "-o", tmp_path / "s.zarr"],
        ["prepare", tmp_path / "bad.fa", "-o", tmp_path / "s.zarr", "--model", tiny_model],
        ["annotate", tmp_path / "bad.fa", "-o", tmp_path / "x.gff3", "--model", tiny_model],
    ):
        ran = helixdask(*command)
        assert ran.code == 2
        assert "no nucleotide" in ran.err
        assert contents(tmp_path) == before
