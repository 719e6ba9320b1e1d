"""Files as people have them, each standing for its kind: what is read, painted and masked, and what is said of it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.genes.gff_support import shown
from tests.labels.annotated import annotated
from tests.labels.row_invariants import all_violations
from tests.labels.support import encode

STOPS = ("TAA", "TAG", "TGA")


def genome(length=4000, seed=0, contigs=("k1",)):
    """Bases without a stop codon on either strand: C and G only."""
    rng = np.random.default_rng(seed)
    return {name: rng.choice([0, 3], length).astype(np.uint8) for name in contigs}


def plant(codes, segments, strand="+"):
    """Write a start and a stop codon to the ends of a coding sequence."""
    places = np.array([p for a, z in segments for p in range(a, z)])
    if strand == "-":
        codes[places[-3:]] = 3 - encode("ATG")[::-1]
        codes[places[:3]] = 3 - encode("TAA")[::-1]
    else:
        codes[places[:3]], codes[places[-3:]] = encode("ATG"), encode("TAA")


def splice(codes, introns):
    for a, z in introns:
        codes[a : a + 2], codes[z - 2 : z] = encode("GT"), encode("AG")


def gff3(*lines):
    return "##gff-version 3\n" + "".join("\t".join(line.split(None, 8)) + "\n" for line in lines)


@pytest.fixture
def read(tmp_path):
    def run(text, sequences, name="a.gff3", sound=True):
        path = tmp_path / name
        path.write_text(text)
        made = annotated(path, sequences)
        violations = all_violations(path, *made.plain())
        assert not sound or not any(violations.values()), violations
        return made

    return run


THREE = [(100, 400), (500, 620), (800, 1100)]
CODING = [(200, 400), (500, 620), (800, 1008)]


def spliced_genome():
    codes = genome()
    plant(codes["k1"], CODING)
    splice(codes["k1"], [(400, 500), (620, 800)])
    return codes


def row(kind, start, end, phase=".", text="", strand="+"):
    return f"k1\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{text}\n"


def phased(segments):
    done = 0
    for a, z in segments:
        yield a, z, -done % 3
        done += z - a


PAINTED = [
    (100, 200, "U"), (200, 400, "C"), (400, 500, "N"), (500, 620, "C"), (620, 800, "N"), (800, 1008, "C"),
    (1008, 1100, "U"),
]  # fmt: skip


@pytest.mark.parametrize("cut", [0, 1, 3, 6])
def test_a_transcript_row_and_an_mrna_row_of_one_id_are_one_transcript(read, cut):
    """BRAKER writes both; rows stand between them."""
    text = 'transcript_id "a.t1"; gene_id "a";'
    rows = [row("exon", *e, text=text) for e in THREE] + [row("CDS", a, z, p, text) for a, z, p in phased(CODING)]
    lines = [row("gene", 100, 1100, text="a"), row("transcript", 100, 1100, text="a.t1"), *rows]
    lines.insert(2 + cut, row("mRNA", 100, 1100, text=text))
    made = read("".join(lines), spliced_genome(), "a.gtf")
    assert made.runs() == PAINTED
    assert list(made.models.transcripts["id"]) == ["a.t1"]
    assert made.models.transcripts["type"].tolist() == ["mRNA"]
    assert made.findings.counts() == {"transcript_twice": 1}


@pytest.mark.parametrize("gap", [1, 2, 59])
def test_exon_bases_between_coding_segments_are_masked(read, gap):
    """A programmed frameshift, or a stretch that the annotation leaves out."""
    sequences = genome()
    segments = [(300, 360 + 1), (361 + gap, 361 + gap + 101)]
    plant(sequences["k1"], segments)
    made = read(
        gff3(
            "k1 x gene 201 600 . + . ID=g",
            "k1 x mRNA 201 600 . + . ID=t;Parent=g",
            "k1 x exon 201 600 . + . Parent=t",
            *(f"k1 x CDS {a + 1} {z} . + 0 ID=p;Parent=t" for a, z in segments),
        ),
        sequences,
    )
    (a, z), (b, y) = segments
    assert made.runs() == [(200, a, "U"), (a, z, "C"), (z, b, "u"), (b, y, "C"), (y, 600, "U")]
    assert made.tracks["phase"][0, z:b].tolist() == [0] * gap
    assert made.tables.masks.code.tolist() == ["cds_gap"]


def test_bases_that_two_coding_segments_share_are_masked(read):
    sequences = genome()
    plant(sequences["k1"], [(300, 361), (360, 461)])
    made = read(
        gff3(
            "k1 x gene 201 600 . + . ID=g",
            "k1 x mRNA 201 600 . + . ID=t;Parent=g",
            "k1 x exon 201 600 . + . Parent=t",
            "k1 x CDS 301 361 . + 0 ID=p;Parent=t",
            "k1 x CDS 361 461 . + 2 ID=p;Parent=t",
        ),
        sequences,
    )
    assert made.runs() == [(200, 300, "U"), (300, 360, "C"), (360, 361, "c"), (361, 461, "C"), (461, 600, "U")]
    assert made.tables.masks.code.tolist() == ["cds_overlap"]


def gene_ids(gene_name):
    """Two isoforms whose gene_id is the transcript's, and a gene of another name over the second one's end."""
    lines = []
    for name, exons, cds, other in (
        ("T1", THREE, CODING, "abc"),
        ("T2", [(150, 400), *THREE[1:]], CODING, "abc"),
        ("T3", [(2000, 2300)], [(2100, 2190)], "xyz"),
    ):
        text = f'gene_id "{name}"; transcript_id "{name}";' + (f' gene_name "{other}";' if gene_name else "")
        lines += [row("transcript", exons[0][0], exons[-1][1], text=text)]
        lines += [row("exon", *e, text=text) for e in exons] + [row("CDS", a, z, p, text) for a, z, p in phased(cds)]
    return lines


@pytest.mark.parametrize("gene_name", [True, False])
def test_genes_whose_id_is_the_transcripts_are_found_by_name_or_overlap(read, gene_name):
    sequences = spliced_genome()
    plant(sequences["k1"], [(2100, 2190)])
    made = read("".join(gene_ids(gene_name)), sequences, "a.gtf")
    assert made.runs() == [*PAINTED, (2000, 2100, "U"), (2100, 2190, "C"), (2190, 2300, "U")]
    assert made.models.genes["id"].tolist() == (["abc", "xyz"] if gene_name else ["T1", "T3"])
    (finding,) = [f for f in made.findings.rows if f[0] == "gene_id_is_transcript_id"]
    assert "3 transcripts put into 2 genes" in finding[6]


def test_genes_of_one_name_far_apart_stay_two(read):
    lines = [line.replace("xyz", "abc") for line in gene_ids(True)]
    sequences = spliced_genome()
    plant(sequences["k1"], [(2100, 2190)])
    made = read("".join(lines), sequences, "a.gtf")
    assert made.models.genes["id"].tolist() == ["abc", "abc.2"]
    assert made.tables.learnt.sum() == 2


def test_a_gene_named_after_one_of_its_transcripts_stays_as_it_is(read):
    lines = [line.replace('gene_id "T2"', 'gene_id "T1"') for line in gene_ids(False)]
    sequences = spliced_genome()
    plant(sequences["k1"], [(2100, 2190)])
    made = read("".join(lines), sequences, "a.gtf")
    assert made.models.genes["id"].tolist() == ["T1", "T3"]
    assert not made.findings.counts()


def test_a_transcript_with_rows_on_both_strands_is_masked_on_both(read):
    text = 'gene_id "f"; transcript_id "A";'
    minus = partial(row, text=text, strand="-")
    lines = [
        minus("exon", 1800, 2000),
        minus("CDS", 1800, 1900, 0),
        minus("exon", 1500, 1600),
        minus("CDS", 1500, 1600, 2),
        row("exon", 700, 900, text=text),
        row("CDS", 700, 800, 1, text),
    ]
    for order in (lines, lines[::-1]):
        made = read("".join(order), genome(), "a.gtf")
        assert made.runs(0) == [(700, 900, "i")]
        assert made.runs(1) == [(1500, 2000, "i")]
        assert made.findings.counts()["mismatching_strands"] == 1


def test_an_isoform_far_from_the_painted_one_is_masked(read):
    sequences = genome()
    plant(sequences["k1"], [(300, 600)])
    plant(sequences["k1"], [(3100, 3300)])
    made = read(
        gff3(
            "k1 x gene 201 3500 . + . ID=g",
            "k1 x mRNA 201 700 . + . ID=t0;Parent=g",
            "k1 x exon 201 700 . + . Parent=t0",
            "k1 x CDS 301 600 . + 0 Parent=t0",
            "k1 x mRNA 3001 3500 . + . ID=t1;Parent=g",
            "k1 x exon 3001 3500 . + . Parent=t1",
            "k1 x CDS 3101 3300 . + 0 Parent=t1",
        ),
        sequences,
    )
    assert made.runs() == [(200, 300, "U"), (300, 600, "C"), (600, 700, "U"), (3000, 3500, "i")]
    assert made.tables.masks.code.tolist() == ["unpainted_isoform"]


def test_an_isoform_that_codes_inside_another_gene_masks_its_own_coding_bases_there_only(read):
    sequences = genome()
    for segments in ([(300, 600)], [(1100, 1400)], [(320, 500), (1200, 1230)]):
        plant(sequences["k1"], segments)
    made = read(
        gff3(
            "k1 x gene 201 1300 . + . ID=g",
            "k1 x mRNA 201 700 . + . ID=long;Parent=g",
            "k1 x exon 201 700 . + . Parent=long",
            "k1 x CDS 301 600 . + 0 Parent=long",
            "k1 x mRNA 251 1300 . + . ID=far;Parent=g",
            "k1 x exon 251 500 . + . Parent=far",
            "k1 x exon 1201 1300 . + . Parent=far",
            "k1 x CDS 321 500 . + 0 Parent=far",
            "k1 x CDS 1201 1230 . + 0 Parent=far",
            "k1 x gene 1001 1500 . + . ID=h",
            "k1 x mRNA 1001 1500 . + . ID=h1;Parent=h",
            "k1 x exon 1001 1500 . + . Parent=h1",
            "k1 x CDS 1101 1400 . + 0 Parent=h1",
        ),
        sequences,
    )
    assert "unpainted_isoform" in made.tables.masks.code.tolist()
    assert made.bases()[700:1000] == "i" * 300
    assert made.bases()[1200:1230] == "c" * 30


def test_an_isoform_that_does_not_code_is_no_proof_of_intergenic_bases(read):
    sequences = genome()
    plant(sequences["k1"], [(300, 600)])
    made = read(
        gff3(
            "k1 x gene 201 3500 . + . ID=g",
            "k1 x mRNA 201 700 . + . ID=t0;Parent=g",
            "k1 x exon 201 700 . + . Parent=t0",
            "k1 x CDS 301 600 . + 0 Parent=t0",
            "k1 x pseudogenic_transcript 651 900 . + . ID=t1;Parent=g",
            "k1 x exon 651 900 . + . Parent=t1",
            "k1 x CDS 681 780 . + 0 Parent=t1",
        ),
        sequences,
    )
    assert made.runs()[-2:] == [(600, 700, "U"), (700, 900, "i")]


@pytest.mark.parametrize("names", [("PARENT", "ID"), ("parent", "id"), ("Parent", "Id")])
def test_names_of_attributes_in_another_case(read, names):
    parent, own = names
    lines = [
        f"k1 e gene 101 1100 . + . {own}=g",
        f"k1 e mRNA 101 1100 . + . {own}=t1;{parent}=g",
        f"k1 e mRNA 101 1100 . + . {own}=t2;{parent}=g",
    ]
    for k in range(3):
        for name in ("t1", "t2") if k != 1 else ("t1",):
            lines.append(f"k1 e exon {THREE[k][0] + 1} {THREE[k][1]} . + . {parent}={name}")
            lines.append(f"k1 e CDS {CODING[k][0] + 1} {CODING[k][1]} . + . {parent}={name}")
    made = read(gff3(*lines), spliced_genome())
    (gene,) = shown(made.models, made.contigs)
    assert "t1 mRNA 100-400,500-620,800-1100" in gene
    assert "t2 mRNA 100-400,800-1100" in gene
    assert made.runs() == PAINTED
    assert made.findings.counts()["attribute_case"] == 1


EDEN = [
    "k1 . gene 101 1100 . + . ID=g",
    "k1 . mRNA 101 1100 . + . ID=m;Parent=g",
    *(f"k1 . exon {a + 1} {z} . + . Parent=m" for a, z in THREE),
    *(f"k1 . CDS {a + 1} {z} . + {p} ID=c1;Parent=m" for a, z, p in phased(CODING)),
    *(f"k1 . CDS {a + 1} {z} . + {p} ID=c2;Parent=m" for a, z, p in phased([(260, 400), *CODING[1:]])),
]


def test_overlapping_proteins_of_a_transcript_are_a_transcript_each(read):
    sequences = spliced_genome()
    sequences["k1"][260:263] = encode("ATG")
    for lines in (EDEN, EDEN[:2] + EDEN[:1:-1]):
        made = read(gff3(*lines), sequences)
        assert sorted(made.models.transcripts["id"]) == ["m", "m.c2"]
        assert made.runs() == PAINTED
        assert made.findings.counts() == {"several_proteins": 1}


def test_a_protein_inside_another_of_the_same_transcript(read):
    """No row of one overlaps a row of the other, but one spans the other."""
    lines = [line.replace("c2", "c1") for line in EDEN[:8]]
    lines[6] = lines[6].replace("c1", "c2")
    made = read(gff3(*lines), spliced_genome())
    assert sorted(made.models.transcripts["id"]) == ["m", "m.c2"]


@pytest.mark.parametrize("name", ["cds.{k}", "cds", "", "c{half}"])
def test_numbered_rows_are_one_protein(read, name):
    """IDs unique to each row, one ID, none; or IDs that repeat but do not overlap."""
    segments = [*CODING[:2], (800, 900), (900, 1008)]
    lines = [line for line in EDEN if "CDS" not in line]
    for k, (a, z, p) in enumerate(phased(segments)):
        text = name.format(k=k, half=k // 2)
        lines.append(f"k1 . CDS {a + 1} {z} . + {p} {f'ID={text};' if text else ''}Parent=m")
    made = read(gff3(*lines), spliced_genome())
    assert made.models.transcripts["id"].tolist() == ["m"]
    assert made.runs() == PAINTED


TWO = [
    "k1 x gene 101 1100 . + . ID=g",
    "k1 x mRNA 101 1100 . + . ID=three;Parent=g",
    *(f"k1 x exon {a + 1} {z} . + . Parent=three" for a, z in THREE),
    "k1 x mRNA 101 1100 . + . ID=two;Parent=g",
    *(f"k1 x exon {a + 1} {z} . + . Parent=two" for a, z in (THREE[0], THREE[2])),
]


@pytest.mark.parametrize("turn", [1, -1])
def test_coding_rows_that_name_a_gene_go_to_the_transcript_that_they_fit(read, turn):
    cds = [f"k1 x CDS {a + 1} {z} . + {p} Parent=g" for a, z, p in phased(CODING)]
    made = read(gff3(*[*TWO, *cds][::turn]), spliced_genome())
    table = {t.name: t.cds for t in made.plain()[1]}
    assert table == {"three": CODING, "two": []}
    assert made.runs() == PAINTED


@pytest.mark.parametrize(
    ("segments", "why"), [([(200, 300)], "fit 2 of its 2"), ([(200, 390), (500, 620)], "fit none of its 2")]
)
def test_coding_rows_that_fit_none_or_several_transcripts_mask_the_gene(read, segments, why):
    cds = [f"k1 x CDS {a + 1} {z} . + . Parent=g" for a, z in segments]
    if why.startswith("fit none"):
        cds = [cds[0].replace("201 390", "201 450"), cds[1]]
    made = read(gff3(*TWO, *cds), spliced_genome())
    assert set(made.bases()[100:1100]) == {"i"}
    assert made.findings.counts()["ambiguous_parent"] == 1
    assert any(why in finding[6] for finding in made.findings.rows)


def test_one_name_at_two_places_is_two_transcripts_by_place(read):
    sequences = genome()
    lines = []
    for at in (200, 2200):
        plant(sequences["k1"], [(at + 100, at + 400)])
        lines += [
            f"k1 x gene {at + 1} {at + 500} . + . ID=g",
            f"k1 x mRNA {at + 1} {at + 500} . + . ID=t;Parent=g",
            f"k1 x exon {at + 1} {at + 500} . + . Parent=t",
            f"k1 x CDS {at + 101} {at + 400} . + 0 Parent=t",
        ]
    for order in (lines, lines[::-1], lines[::2] + lines[1::2]):
        made = read(gff3(*order), sequences, sound=False)
        assert made.bases().count("C") == 600
        assert made.findings.counts() == {"duplicate_id": 1}


def test_a_coding_row_on_another_sequence_is_masked_there(read):
    sequences = genome(contigs=("k1", "k2"))
    plant(sequences["k1"], [(300, 600)])
    made = read(
        gff3(
            "k1 x gene 201 700 . + . ID=g",
            "k1 x mRNA 201 700 . + . ID=t;Parent=g",
            "k1 x exon 201 700 . + . Parent=t",
            "k1 x CDS 301 600 . + 0 Parent=t",
            "k2 x CDS 801 900 . - 0 Parent=t",
        ),
        sequences,
    )
    assert made.runs(0) == [(200, 700, "i")]
    assert made.runs(1) == [(4800, 4900, "i")]
