"""Annotation and reads to label and coverage tracks to Helixer's HDF5, by the command line, equal Helixer's files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.cli.support import done

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def compare(ours, theirs, names):
    for name in names:
        assert ours[name].dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(ours[name][:], theirs[name][:], err_msg=name)


@pytest.mark.parametrize(
    ("fasta", "gff", "length", "expected"),
    [
        ("mini_test_data.fa", "mini_test_data.gff", 6408, "mini.6408.h5"),
        ("mini_test_data.fa", "mini_test_data.gff", 21384, "mini.21384.h5"),
        ("multi.fa", "multi.gff3", 2160, "multi.2160.h5"),
        ("edges.fa", "edges.gff", 180, "edges.180.h5"),
        ("dummyloci.fa", "dummyloci.gff", 900, "dummyloci.900.h5"),
        ("exonexonCDS.fa", "exonexonCDS.gff3", 180, "exonexonCDS.180.h5"),
        ("exonexonCDS.fa", "exonexonCDS.gff3", 900, "exonexonCDS.900.h5"),
        ("intron_at_end.fa", "intron_at_end.gff3", 180, "intron_at_end.180.h5"),
    ],
)
def test_labels(golden, tmp_path, fasta, gff, length, expected):
    store, out = str(tmp_path / "a.zarr"), tmp_path / "out.h5"
    species = expected.split(".")[0]
    done("encode", str(golden / "inputs" / fasta), "-o", store, "--species", species, "-q")
    done("labels", store, "--gff3", str(golden / "inputs" / gff), "--rules", "helixer", "-q")
    done("export", store, "--helixer", str(out), "--window-length", str(length), "--labels", "reference")
    with h5py.File(out) as ours, h5py.File(golden / "geenuff2h5" / expected) as theirs:
        assert set(ours["data"]) == set(theirs["data"])
        compare(ours["data"], theirs["data"], theirs["data"])


def test_coverage(golden, tmp_path):
    store, out = str(tmp_path / "a.zarr"), tmp_path / "out.h5"
    done("encode", str(golden / "inputs/mini_test_data.fa"), "-o", store, "--species", "mini", "-q")
    reads = ("--bam", str(golden / "coverage/sim1.bam"), "--strandedness", "reverse")
    done("coverage", store, *reads, "--rules", "helixer", "-q")
    done("export", store, "--helixer", str(out), "--window-length", "6408", "--coverage", "rnaseq")
    with h5py.File(out) as ours, h5py.File(golden / "coverage/sim1.fasta2h5.second.h5") as theirs:
        compare(ours["evaluation"], theirs["evaluation"], ["rnaseq_coverage", "rnaseq_spliced_coverage"])
