"""A simulated genome keeps its promises: valid genes, marked repeats, two strands, homoeologs, repeatable bytes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from helixdask.errors import AlreadyExistsError, BadInputError
from helixdask.simulate import SimulateResult, SimulateSettings, simulate

COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")
STOPS = {"TAA", "TAG", "TGA"}


def read_fasta(path: Path) -> dict[str, str]:
    records: dict[str, str] = {}
    for record in path.read_text().split(">")[1:]:
        name, _, body = record.partition("\n")
        assert all(len(line) == 80 for line in body.split("\n")[:-2])
        records[name] = body.replace("\n", "")
    return records


def read_gff(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulateResult:
    return simulate(
        SimulateSettings(bases=400_000, contigs=2, seed=3, read_depth=0), tmp_path_factory.mktemp("simulated")
    )


@pytest.fixture(scope="module")
def genome(made: SimulateResult) -> dict[str, str]:
    return read_fasta(made.genome)


@pytest.fixture(scope="module")
def truth(made: SimulateResult) -> list[list[str]]:
    return read_gff(made.truth)


def parts_by_transcript(truth: list[list[str]], kind: str) -> dict[str, list[list[str]]]:
    parts = defaultdict(list)
    for row in truth:
        if row[2] == kind:
            parts[row[8].split("Parent=")[1]].append(row)
    return parts


def sense(genome: dict[str, str], rows: list[list[str]]) -> str:
    spliced = "".join(genome[row[0]][int(row[3]) - 1 : int(row[4])] for row in rows).upper()
    return spliced if rows[0][6] == "+" else spliced.translate(COMPLEMENT)[::-1]


def test_every_coding_sequence_is_translatable(genome, truth):
    coding = parts_by_transcript(truth, "CDS")
    assert len(coding) > 40
    for rows in coding.values():
        sequence = sense(genome, rows)
        codons = [sequence[i : i + 3] for i in range(0, len(sequence), 3)]
        assert codons[0] == "ATG"
        assert codons[-1] in STOPS
        assert len(codons[-1]) == 3
        assert not STOPS & set(codons[:-1])


def test_phases_count_the_bases_to_skip(truth):
    for rows in parts_by_transcript(truth, "CDS").values():
        done = 0
        for row in rows if rows[0][6] == "+" else rows[::-1]:
            assert int(row[7]) == -done % 3
            done += int(row[4]) - int(row[3]) + 1


def test_introns_are_gt_ag_and_at_least_sixty_bases(genome, truth):
    introns = 0
    for rows in parts_by_transcript(truth, "exon").values():
        for left, right in pairwise(rows):
            intron = genome[left[0]][int(left[4]) : int(right[3]) - 1].upper()
            intron = intron if left[6] == "+" else intron.translate(COMPLEMENT)[::-1]
            assert len(intron) >= 60
            assert intron.startswith("GT")
            assert intron.endswith("AG")
            introns += 1
    assert introns > 50


def test_exons_are_coding_and_untranslated_parts(truth):
    kinds = {kind: parts_by_transcript(truth, kind) for kind in ("exon", "CDS", "five_prime_UTR", "three_prime_UTR")}
    for transcript, exons in kinds["exon"].items():
        bases = set()
        for kind in ("CDS", "five_prime_UTR", "three_prime_UTR"):
            for row in kinds[kind][transcript]:
                part = set(range(int(row[3]), int(row[4]) + 1))
                assert not part & bases
                bases |= part
        assert bases == {base for row in exons for base in range(int(row[3]), int(row[4]) + 1)}
        five, three = kinds["five_prime_UTR"][transcript], kinds["three_prime_UTR"][transcript]
        before, after = (five, three) if exons[0][6] == "+" else (three, five)
        assert int(before[0][3]) < int(kinds["CDS"][transcript][0][3])
        assert int(after[-1][4]) > int(kinds["CDS"][transcript][-1][4])


def test_genes_are_sorted_apart_and_on_both_strands(made, genome, truth):
    genes = [row for row in truth if row[2] == "gene"]
    assert len(genes) == made.genes
    order = list(genome)
    spans = [(order.index(row[0]), int(row[3]), int(row[4])) for row in genes]
    assert spans == sorted(spans)
    for left, right in pairwise(spans):
        assert left[0] != right[0] or left[2] < right[1]
    assert {row[6] for row in genes} == {"+", "-"}
    assert all(int(row[4]) <= len(genome[row[0]]) for row in truth)
    share = sum(end - start + 1 for _, start, end in spans) / made.bases
    assert 0.25 < share < 0.45


def test_size_names_and_groups(made, genome):
    assert made.bases == sum(map(len, genome.values()))
    assert abs(made.bases - 400_000) < 0.06 * 400_000
    assert list(genome) == ["chr1A", "chr1B", "chr2A", "chr2B"]
    assert made.groups.read_text() == "#contig\tgroup\nchr1A\tchr1\nchr1B\tchr1\nchr2A\tchr2\nchr2B\tchr2\n"
    assert made.reads is None
    assert not (made.folder / "reads.bam").exists()


def test_repeats_are_lower_case_and_never_in_genes(genome, truth):
    masked = np.mean([letter.islower() for sequence in genome.values() for letter in sequence])
    assert 0.12 < masked < 0.35
    for row in truth:
        if row[2] == "gene":
            assert genome[row[0]][int(row[3]) - 1 : int(row[4])].isupper()


def test_homoeologs_differ_by_a_few_per_cent(genome, truth):
    coding = {name: sense(genome, rows) for name, rows in parts_by_transcript(truth, "CDS").items()}
    homoeologs = [(name, name.replace("A.", "B.")) for name in coding if "A." in name]
    pairs = [(coding[a], coding[b]) for a, b in homoeologs if b in coding]
    assert 20 < len(pairs) < len(homoeologs)  # a few are lost
    different = sum(a != b for left, right in pairs for a, b in zip(left, right, strict=True))
    assert 0.008 < different / sum(len(left) for left, _ in pairs) < 0.04


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    def digests(folder: str, seed: int) -> dict[str, str]:
        simulate(SimulateSettings(bases=60_000, contigs=1, seed=seed), tmp_path / folder)
        return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in (tmp_path / folder).iterdir()}

    first = digests("a", 1)
    assert set(first) == {
        "genome.fa", "truth.gff3", "groups.tsv", "reads.bam", "reads.bam.bai", "libraries.tsv", "simulation.json"
    }  # fmt: skip
    assert digests("b", 1) == first
    other = digests("c", 2)
    assert other["genome.fa"] != first["genome.fa"]
    assert digests("a", 2) == other  # an earlier simulation is replaced


def test_species_differ_in_codon_usage(tmp_path):
    def usage(species_seed: int) -> np.ndarray:
        result = simulate(
            SimulateSettings(bases=150_000, contigs=1, read_depth=0, species_seed=species_seed),
            tmp_path / str(species_seed),
        )
        genome = read_fasta(result.genome)
        counts: dict[str, int] = defaultdict(int)
        for rows in parts_by_transcript(read_gff(result.truth), "CDS").values():
            sequence = sense(genome, rows)
            for i in range(0, len(sequence), 3):
                counts[sequence[i : i + 3]] += 1
        codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
        return np.array([counts[codon] for codon in codons]) / sum(counts.values())

    assert np.abs(usage(1) - usage(2)).sum() > 0.2


@pytest.mark.parametrize(("bases", "contigs", "subgenomes"), [(5, 2, 2), (30_000, 60, 2), (4_001, 1, 1), (9_000, 1, 3)])
def test_small_genomes_of_many_contigs(tmp_path, bases, contigs, subgenomes):
    result = simulate(SimulateSettings(bases=bases, contigs=contigs, subgenomes=subgenomes), tmp_path)
    genome = read_fasta(result.genome)
    assert len(genome) == result.contigs == contigs * subgenomes
    assert all(genome.values())
    assert result.bases == pytest.approx(bases, rel=0.5)


def test_a_contig_of_several_blocks_is_seamless(tmp_path, monkeypatch):
    monkeypatch.setattr("helixdask.simulate.simulation.BLOCK_LENGTH", 40_000)
    result = simulate(SimulateSettings(bases=240_000, contigs=1, subgenomes=2, read_depth=2), tmp_path)
    genome = read_fasta(result.genome)
    truth = read_gff(result.truth)
    names = [row[8] for row in truth if row[2] == "gene"]
    assert len(set(names)) == len(names)
    for rows in parts_by_transcript(truth, "CDS").values():
        assert sense(genome, rows).startswith("ATG")


def test_a_genome_of_the_user_is_not_overwritten(tmp_path):
    (tmp_path / "genome.fa").write_text(">mine\nACGT\n")
    with pytest.raises(AlreadyExistsError, match="no simulation wrote"):
        simulate(SimulateSettings(bases=1_000, contigs=1), tmp_path)
    assert (tmp_path / "genome.fa").read_text() == ">mine\nACGT\n"


@pytest.mark.parametrize(
    "wrong", [{"bases": 0}, {"bases": 3, "contigs": 4}, {"genic_fraction": 1.5}, {"subgenomes": 27}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(BadInputError):
        SimulateSettings(**wrong)
