import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest

from helixdask.coverage.libraries import Library
from helixdask.coverage.stage import CoverageStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import AlreadyExistsError, BadInputError
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.coverage.plain_count import Read, plain_tracks, write_bam

HERE = RunOptions(workers=1, quiet=True)
GENOME = {"chr:1": 700_000, "only_genome": 1000, "b": 100_000}
BAM = {"b": 100_000, "only_bam": 500, "chr:1": 700_000}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{'ACGT' * (length // 4)}\n" for name, length in GENOME.items()))
    url = str(folder / "genome.zarr")
    run_stage(EncodeStage(fasta=str(fasta), species="toy"), url, HERE)
    return Store.open(url)


@pytest.fixture(scope="module")
def reads():
    rng = random.Random(4)
    reads = [Read("there", 0, 1, 5, "10M")]
    for i in range(3000):
        contig = rng.choice([0, 2, 2])
        a = rng.randrange(0, 99_000 if contig == 0 else 699_000)
        b = min(a + rng.randrange(0, 150), 99_500 if contig == 0 else 699_500)
        cigar, mapq = rng.choice(["100M", "30M200N70M"]), rng.choice([60, 60, 60, 1])
        reads += [Read(f"r{i}", 99, contig, a, cigar, mapq, b), Read(f"r{i}", 147, contig, b, "100M", mapq, a)]
    return reads


@dataclasses.dataclass(frozen=True)
class SmallTasks(CoverageStage):
    def region_length(self, n_bases):
        return 1 << 16


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["default", "helixer"])
@pytest.mark.parametrize("index", [True, False])
def test_tracks_and_attributes(tmp_path, store, reads, rules, index):
    path = write_bam(tmp_path / "a.bam", BAM, reads, index=index)
    name = f"{rules}_{index}"
    stage = CoverageStage.of(Library(name, path, "rnaseq", "reverse"), rules=rules)
    assert stage.group() == f"coverage/rnaseq/{name}"
    summary = run_stage(stage, store.url, HERE)
    mine = Store.open(store.url)
    tracks = np.stack(
        [mine.read(f"{stage.group()}/{track}", 0, mine.n_bases) for track in ("coverage", "spliced_coverage")]
    )
    plain = plain_tracks(reads, list(BAM.values()), "reverse", rules)
    np.testing.assert_array_equal(tracks[..., :700_000], plain[2])
    assert not tracks[..., 700_000:701_000].any()
    np.testing.assert_array_equal(tracks[..., 701_000:], plain[0])
    counts = summary.attrs["counts"]
    low = sum(r.mapq < 10 for r in reads) if rules == "default" else 0
    assert counts["reads_used"] == len(reads) - 1 - low
    assert counts["reads_low_mapq"] == low
    assert counts["reads_on_contigs_only_in_bam"] == 1
    assert (counts["contigs_only_in_bam"], counts["contigs_only_in_genome"]) == (1, 1)
    assert counts["coverage_sum_minus"] == int(tracks[0, 1].sum())
    assert counts["spliced_coverage_bases_plus"] == np.count_nonzero(tracks[1, 0])
    attrs = mine.attrs(stage.group())
    assert attrs["strandedness"] == "reverse"
    assert attrs["rules"] == rules
    assert attrs["per_million"] == pytest.approx(1e6 / counts["reads_used"])
    assert not index or not (tmp_path / "a.bam.csi").exists()
    assert (tmp_path / "a.bam.bai").exists() == index


def test_any_task_size_gives_the_same(tmp_path, store, reads):
    path = write_bam(tmp_path / "a.bam", BAM, reads)
    whole = CoverageStage("whole", path, strandedness="forward")
    small = SmallTasks("small", path, strandedness="forward")
    one, many = run_stage(whole, store.url, HERE), run_stage(small, store.url, HERE)
    assert (one.tasks, many.tasks) == (1, 13)
    mine = Store.open(store.url)
    for track in ("coverage", "spliced_coverage"):
        np.testing.assert_array_equal(
            mine.read(f"{whole.group()}/{track}", 0, mine.n_bases),
            mine.read(f"{small.group()}/{track}", 0, mine.n_bases),
        )
    assert one.attrs["counts"] == many.attrs["counts"]


def test_a_bad_file_leaves_nothing_behind(tmp_path, store, reads):
    path = write_bam(tmp_path / "a.bam", {**BAM, "b": 99}, [])
    stage = CoverageStage("bad", path)
    with pytest.raises(BadInputError, match="contig `b` has 99 bases"):
        run_stage(stage, store.url, HERE)
    assert "rnaseq/bad" not in Store.open(store.url).names("coverage")
    assert not Store.open(store.url).attrs(stage.group())


def test_a_library_of_the_same_name_is_refused(tmp_path, store, reads):
    first = write_bam(tmp_path / "a.bam", BAM, reads[:11])
    second = write_bam(tmp_path / "b.bam", BAM, reads[:21])
    run_stage(CoverageStage("one", first), store.url, HERE)
    with pytest.raises(AlreadyExistsError):
        run_stage(CoverageStage("one", second), store.url, HERE)
    assert Store.open(store.url).attrs("coverage/rnaseq/one")["path"] == Path(first).name
