"""Feature lines of a block of text, against line by line."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from helixdask.inputs.gff_text import _features

WHOLE = b"c\ts\tgene\t1\t9\t.\t+\t.\tID=a"
LINES = {
    WHOLE: WHOLE,
    WHOLE.rpartition(b"\t")[0]: WHOLE.rpartition(b"\t")[0] + b"\t",
    WHOLE + b"\tmore ": WHOLE + b" more",
    b"# comment": None,
    b"": None,
    b"   ": None,
    b"track name=x": None,
}


@given(st.lists(st.sampled_from(list(LINES)), max_size=12), st.integers(0, 9))
def test_lines_are_kept_mended_or_left_out(lines, number):
    expected = [(at, LINES[line]) for at, line in enumerate(lines, number + 1) if LINES[line] is not None]
    found = _features(Path("a.gff3"), b"".join(line + b"\n" for line in lines), number)
    assert found.text == b"".join(line + b"\n" for _, line in expected)
    assert found.lines.tolist() == [at for at, _ in expected]
