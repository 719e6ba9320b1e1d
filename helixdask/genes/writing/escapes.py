"""How names are written in annotation files, where some characters mean something: as ``%`` and two hex digits."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

# White space and quotes at an end would be cut off by readers.
_ENDS: Final = r"\A[\s\"]+|[\s\"]+\Z"
# What the specification of GFF3 asks to be escaped in attributes, and lets stand in the first column.
_ATTRIBUTE: Final = re.compile(rf"[\x00-\x1f\x7f%;=&,]|{_ENDS}")
_SEQID: Final = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
# GTF knows no escapes: only what would break a line or a value, and what looks like an escape.
_GTF: Final = re.compile(rf"[\x00-\x1f\x7f\";]|%(?=[0-9A-Fa-f]{{2}})|{_ENDS}")
_WORD: Final = re.compile(r"[\x00-\x1f\x7f]|\s|\A[#>]")


def gff3_attribute(text: str) -> str:
    """A key or value of GFF3's ninth column."""
    return _ATTRIBUTE.sub(_percent, text)


def gff3_seqid(name: str) -> str:
    """A sequence name in GFF3's first column."""
    return _SEQID.sub(_percent, name)


def gtf_value(text: str) -> str:
    """A value between quotes in GTF's ninth column."""
    return _GTF.sub(_percent, text)


def gtf_seqid(name: str) -> str:
    """A sequence name in GTF's first column."""
    return word(_GTF.sub(_percent, name))


def word(text: str) -> str:
    """A name without white space, as BED and the first word of a FASTA header have it."""
    return _WORD.sub(_percent, text)


def one_line(text: str) -> str:
    """Free text without line ends and tabs."""
    return quote(text, safe=" !\"#$&'()*+,/:;<=>?@[]^`{|}~") if text else ""


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
