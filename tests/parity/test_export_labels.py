"""Annotation to labels to HDF5, by the command line, equals every file that geenuff2h5 made of the same genes.

Every file of the folder is compared in all data sets: values, types, shapes, rows in their order, and how they are
stored. `FAULTS` lists the rows of two files that show faults of Helixer's.
"""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.cli.support import done

pytestmark = pytest.mark.shared

SOURCES = {
    "exonexonCDS": ("exonexonCDS.fa", "exonexonCDS.gff3"),
    "mini": ("mini_test_data.fa", "mini_test_data.gff"),
    "multi": ("multi.fa", "multi.gff3"),
    "edges": ("edges.fa", "edges.gff"),
    "dummyloci": ("dummyloci.fa", "dummyloci.gff"),
    "intron_at_end": ("intron_at_end.fa", "intron_at_end.gff3"),
}
CASES = {
    "dummyloci.180.h5": "--labels reference",
    "dummyloci.90.wb180.h5": "--labels reference",
    "dummyloci.900.h5": "--labels reference",
    "edges.180.h5": "--labels reference",
    "edges.90.wb180.h5": "--labels reference",
    "edges.900.h5": "--labels reference",
    "exonexonCDS.180.h5": "--labels reference",
    "exonexonCDS.900.h5": "--labels reference",
    "intron_at_end.180.h5": "--labels reference",
    "intron_at_end.90.wb180.h5": "--labels reference",
    "intron_at_end.900.h5": "--labels reference",
    "mini.21384.h5": "--labels reference",
    "mini.6408.add_additional.h5": "--alternative augustus=reference --order file",
    "mini.6408.h5": "--labels reference",
    "mini.6408.modes_Xyanno.lzf.h5": "--labels reference --compression lzf",
    "mini.6408.modes_y.h5": "--labels reference --no-sequence",
    "mini.6408.wb.h5": "--labels reference",
    "multi.2160.h5": "--labels reference",
}
ABSENT = {"mini.6408.modes_Xyanno.lzf.h5"}
# `--write-by 180` cuts contigs into pieces of 180 bases. Helixer then forgets what reaches into a third piece (masks
# to a contig's end), and cuts on a transition of the minus strand, which it loses: less is masked and marked there.
FAULTS = {
    "dummyloci.90.wb180.h5": {
        "err_samples": [*range(72, 78)],
        "sample_weights": [65, *range(71, 78)],
        "transitions": [66, 67],
    },
    "intron_at_end.90.wb180.h5": {"err_samples": [*range(18, 28)], "sample_weights": [*range(18, 28)]},
}
FORGOTTEN = {"err_samples": 1, "sample_weights": 1, "transitions": 0}
STORED = ("shape", "dtype", "chunks", "maxshape", "compression", "compression_opts", "shuffle")


@pytest.fixture(scope="module")
def stores(golden, tmp_path_factory):
    """One store for each annotation, made when it is asked for."""
    made = {}

    def store(name):
        if name not in made:
            url = str(tmp_path_factory.mktemp(name) / "store.zarr")
            fasta, annotation = (str(golden / "inputs" / file) for file in SOURCES[name])
            done("encode", fasta, "-o", url, "--species", name, "-q")
            done("labels", url, "--gff3", annotation, "--rules", "helixer", "-q")
            made[name] = url
        return made[name]

    return store


def data_sets(file):
    found = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


def rows_that_differ(ours, theirs):
    other = ours[:] != theirs[:]
    return np.flatnonzero(other.reshape(len(other), -1).any(axis=1)).tolist()


def test_no_file_is_left_out(golden):
    assert {path.name for path in (golden / "geenuff2h5").glob("*.h5")} == set(CASES) - ABSENT


@pytest.mark.slow
@pytest.mark.parametrize("expected", [name for name in CASES if name not in ABSENT])
def test_equal_to_geenuff2h5(golden, stores, tmp_path, expected):
    name, length = expected.split(".")[:2]
    out = tmp_path / "out.h5"
    done("export", stores(name), "--helixer", out, "--window-length", length, *CASES[expected].split())
    with h5py.File(out) as ours, h5py.File(golden / "geenuff2h5" / expected) as theirs:
        mine, reference = data_sets(ours), data_sets(theirs)
        assert set(mine) == set(reference)
        assert set(ours.attrs) == set(theirs.attrs)
        found = {}
        for path, dataset in reference.items():
            for what in STORED:
                assert getattr(mine[path], what) == getattr(dataset, what), (path, what)
            assert mine[path].fillvalue == dataset.fillvalue, path
            if rows := rows_that_differ(mine[path], dataset):
                column = path.removeprefix("data/")
                found[column] = rows
                other = mine[path][:] != dataset[:]
                assert (dataset[:][other] == FORGOTTEN[column]).all()
    assert found == FAULTS.get(expected, {})
