"""Hardly any genes: the reason is named, and what to try."""

import pytest

from helixdask.calling.few_genes import few_genes
from helixdask.calling.settings import CallSettings

MB = 1_000_000


@pytest.mark.parametrize(
    ("genes", "bases", "below", "genic", "says"),
    [
        (100, 100 * MB, 0, {"highest": 0.99}, None),
        (1, 1000, 0, {"highest": 0.99}, None),
        (99, 100 * MB, 0, {"highest": 0.99}, "99 genes were called on 100,000,000 bases"),
        (
            0,
            1000,
            0,
            {"highest": 0.4321},
            "highest genic probability of a base is 0.432, and a gene needs a mean above 0.8",
        ),
        (0, 1000, 0, {"highest": 0.4321}, "prepare --gff3"),
        (0, 1000, 0, {"highest": 0.9}, "--min-coding-length"),
        (0, MB, 7, {"highest": 0.9}, "7 have a score below --min-score 0.5"),
        (0, MB, 0, None, "call STORE --sweep"),
    ],
)
def test_reasons(genes, bases, below, genic, says):
    settings = CallSettings("base", "x", min_score=0.5)
    told = few_genes(genes, bases, settings, {"genic": genic} if genic else {}, below)
    assert told is None if says is None else says in told
