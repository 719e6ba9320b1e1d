"""Scores of a verdict beside those of the base model: as much as there is, in one order."""

from helixdask.scores.against_base import AgainstBase, evidence_against_base, f1_against_base


def scored(value, phase=True):
    scores = {name: {"f1": value} for name in ("intergenic", "utr", "cds", "intron", "genic")}
    return scores | ({"phase": {"0": value, "1": value, "2": value, "accuracy": 0.9}} if phase else {})


def test_everything_that_was_scored_is_told_once():
    verdict = {
        "tuned": scored(0.8),
        "base": scored(0.7, phase=False),
        "gain": {"genic": [0.1, 0.05, 0.15]},
        "genes": {"gene": {"tuned": {"f1": 0.5}, "base": {"f1": 0.4}, "gain": [0.1, 0.0, 0.2]}},
    }
    rows = list(f1_against_base(verdict))
    assert [row.title for row in rows] == [
        *(
            f"{name}, bases"
            for name in ("genic", "UTR", "CDS", "intron", "intergenic", "phase 0", "phase 1", "phase 2")
        ),
        "genes, all coding exons exact",
    ]
    assert rows[0] == AgainstBase("genic, bases", 0.8, 0.7, [0.1, 0.05, 0.15])
    assert rows[0].interval_in_words == "+0.0500 to +0.1500"
    assert (rows[1].gain, rows[1].interval_in_words) == (0.8 - 0.7, "")  # no interval: the difference
    assert (rows[5].base, rows[5].gain) == (None, None)


def test_a_model_without_a_base_is_told_alone():
    rows = list(f1_against_base({"tuned": scored(0.8), "base": None, "gain": None}))
    assert {(row.tuned, row.base, row.gain) for row in rows} == {(0.8, None, None)}


def test_evidence_has_names_for_people():
    terms = {"junctions": {"tuned": 0.5, "base": 0.4, "gain": [0.11, 0.1, 0.2]}, "new": {"tuned": 1, "base": 0}}
    known, unknown = evidence_against_base({"evidence": {"terms": terms}})
    assert (known.title, known.gain) == ("introns and spliced reads", 0.11)
    assert (unknown.title, unknown.gain) == ("new", 1)
    known, _ = evidence_against_base({"evidence": {"terms": terms, "source": "protein alignments"}})
    assert known.title == "introns and spliced protein alignments"
    assert list(evidence_against_base({"evidence": None})) == []
