"""Lines of genes in the order of their places, as indexes need them."""

from hypothesis import given
from hypothesis import strategies as st

from helixdask.browser.gene_file import ordered_lines
from helixdask.browser.sequence_file import LINE, lines_of

GENES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 50), st.lists(st.integers(0, 30), max_size=4)), max_size=12
).map(sorted)


@given(GENES)
def test_by_contig_and_start_and_parents_first(genes):
    given_lines, number = [], 0
    for contig, start, offsets in genes:
        lines = []
        for offset in (0, *offsets):
            lines.append(f"{contig}\t.\t.\t{start + 1 + offset}\t{number}\n")
            number += 1
        given_lines.append((contig, start, lines))
    every = [line for _, _, lines in given_lines for line in lines]

    def place(line):
        contig, _, _, start, order = line.split("\t")
        return int(contig), int(start), int(order)

    assert list(ordered_lines(given_lines)) == sorted(every, key=place)


@given(st.integers(0, 4 * LINE))
def test_lines_of_letters(n):
    import numpy as np

    lines = lines_of(np.arange(n, dtype=np.uint8) % 4).decode().split("\n")
    assert lines.pop() == ""
    assert "".join(lines) == ("CATG" * n)[:n]
    assert all(len(line) == LINE for line in lines[:-1])
