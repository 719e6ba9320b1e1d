"""Hardly any reads: the reason is named, and what to do."""

import pytest

from helixdask.coverage.few_reads import _REASONS, few_reads
from helixdask.coverage.rules import REASONS


def test_every_reason_has_words():
    assert set(_REASONS) == set(REASONS) - {"used"}


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"reads_used": 1000}, None),
        ({"reads_used": 1000, "reads_duplicate": 4000}, None),
        ({"reads_used": 1000, "reads_duplicate": 4001}, "4,001 are PCR duplicates. Count them with --count-duplicates"),
        ({"reads_used": 999}, "only 999 of 999 alignments (100.0 %) count, which says little"),
        ({"reads_used": 5000, "reads_low_mapq": 50_000}, "--min-mapq"),
        ({"reads_used": 500, "reads_low_mapq": 50, "reads_duplicate": 50}, "says little"),
        ({"reads_unmapped": 10}, "none of 10 alignments counts: 10 were not mapped"),
        ({}, "none of 0 alignments counts. Check that the reads were mapped to this genome"),
    ],
)
def test_reasons(counts, says):
    told = few_reads(counts)
    assert told is None if says is None else says in told
