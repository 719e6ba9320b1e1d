"""FASTA in, HDF5 out, compared with the files that Helixer's fasta2h5 wrote from the same FASTA."""

import h5py
import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.exchange.helixer_h5 import export_helixer
from helixdask.exchange.settings import ExportSettings
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store

EDGE = "edge_species_name_longer_than_25_chars"
CASES = [
    ("mini_test_data.fa", "mini.21384.h5", 21_384, "mini"),
    ("mini_test_data.fa", "mini.6408.h5", 6408, "mini"),
    ("mini_test_data.fa", "mini.6408.lzf.wb.h5", 6408, "mini"),
    ("mini30.fa", "mini30.6408.h5", 6408, "mini"),
    ("multi.fa", "multi.2160.h5", 2160, "multi"),
    ("edge.fa", "edge.fa.180.h5", 180, EDGE),
    ("edge.fa.gz", "edge.fa.gz.180.h5", 180, EDGE),
    ("crlf.fa", "crlf.fa.180.h5", 180, EDGE),
    ("space_id.fa", "space_id.fa.180.h5", 180, EDGE),
]
# Helixer crashed on these and left a stub: what is said here instead.
REFUSED = {
    "badchar2.fa": "'*' at position 5",
    "dup.fa": "'d1' is used twice",
    "empty_seq.fa": "the record has no sequence",
    "empty_seq_last.fa": "the record has no sequence",
    "innerspace.fa": "white space between two bases",
    "preamble.fa": "sequence before the first header",
}
# Helixer crashed on these too; they are understood here.
READ = {
    "badchar.fa": {"b1": "ACGTTACGT"},
    "blank.fa": {"b1": "ACGTACGTGGGGCCCC", "b2": "TTTT", "b3": "AAAA"},
    "nonascii.fa": {"dé": "ACGT"},
    "trailspace.fa": {"a": "ACGTAA"},
}


def encoded(fasta, folder, species):
    url = str(folder / "store.zarr")
    run_stage(EncodeStage(str(fasta), species), url, RunOptions(workers=1, quiet=True))
    return Store.open(url)


def our_ids(seqids):
    """Helixer's ids as they are here: cut at a tab too, and never empty (the one case: white space after the ``>``)."""
    return [seqid.split(b"\t")[0] or b"d1" for seqid in seqids.tolist()]


@pytest.mark.shared
def test_no_file_is_left_out(golden):
    known = {case[1] for case in CASES} | {f"{fasta}.180.h5" for fasta in (*REFUSED, *READ)}
    assert {path.name for path in (golden / "fasta2h5").glob("*.h5")} == known


@pytest.mark.shared
@pytest.mark.parametrize(("fasta", "expected", "length", "species"), CASES)
def test_rows_are_those_of_helixer(golden, tmp_path, fasta, expected, length, species):
    store = encoded(golden / "inputs" / fasta, tmp_path, species)
    out = tmp_path / "out.h5"
    compression = "lzf" if "lzf" in expected else "gzip"
    n_rows = export_helixer(store, out, length, ExportSettings(compression=compression))
    with h5py.File(out) as ours, h5py.File(golden / "fasta2h5" / expected) as theirs:
        assert set(ours["data"]) == set(theirs["data"])
        assert set(ours.attrs) == set(theirs.attrs)
        assert n_rows == len(theirs["data/X"])
        for name, reference in theirs["data"].items():
            dataset = ours["data"][name]
            for what in ("shape", "dtype", "chunks", "maxshape", "compression", "compression_opts", "shuffle"):
                assert getattr(dataset, what) == getattr(reference, what), (name, what)
            assert dataset.fillvalue == reference.fillvalue
            if name == "seqids":
                assert dataset[:].tolist() == our_ids(reference[:])
            else:
                assert np.array_equal(dataset[:], reference[:]), name


@pytest.mark.shared
@pytest.mark.parametrize("fasta", REFUSED)
def test_what_crashed_helixer_is_a_named_error(golden, tmp_path, fasta):
    with pytest.raises(BadInputError) as caught:
        encoded(golden / "inputs" / fasta, tmp_path, "x")
    assert REFUSED[fasta] in str(caught.value)
    assert fasta in str(caught.value)


@pytest.mark.shared
@pytest.mark.parametrize("fasta", READ)
def test_what_crashed_helixer_and_is_fine(golden, tmp_path, fasta):
    from helixdask.sequence.codes import codes_to_text

    store = encoded(golden / "inputs" / fasta, tmp_path, "x")
    text = codes_to_text(store.read("genome/sequence", 0, store.n_bases))
    offsets = store.contigs.offsets
    found = {name: text[offsets[row] : offsets[row + 1]] for row, name in enumerate(store.contigs.names)}
    assert found == READ[fasta]
