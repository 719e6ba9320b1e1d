"""FASTA files: one pass that finds the contigs and checks every byte; ``fasta_reader`` then reads from the middle.

What counts as what (also in ``fasta_kernels``): upper and lower case, all IUPAC letters, ``U`` as T; LF, CR LF or CR;
blank lines and white space at the ends of lines are ignored; ids are cut at the first white space. Letters that are no
nucleotides, ``-``, ``*`` and ``.`` among them, are errors, or become N and are counted. White space between two bases,
a ``>`` inside a line and bytes that are no text are errors always.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.sequence import fasta_kernels as kernels
from helixdask.sequence.fasta_kernels import CHECKPOINT
from helixdask.sequence.fasta_reader import FastaIndex
from helixdask.sequence.fasta_source import (
    BLOCK,
    finish_source,
    open_source,
    read_blocks,
    source_kind,
)
from helixdask.sequence.settings import OnBadBase


@dataclass(frozen=True, eq=False)
class FastaScan:
    """Everything that one pass over a FASTA file tells.

    Parameters
    ----------
    names
        Ids, in file order.
    lengths
        Bases of each contig, ``(contig,)`` int64.
    md5
        MD5 of each contig's sequence in upper case, without line breaks but otherwise letter by letter as in the file
        (refget; the ``M5`` of SAM headers), ``(contig, 16)`` uint8.
    replaced
        How often each character that is no nucleotide became N.
    index
        For reading from the middle.
    """

    names: list[str]
    lengths: NDArray[np.int64]
    md5: NDArray[np.uint8]
    replaced: dict[str, int]
    index: FastaIndex

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Position of each contig's first base on the genome-long axis, ``(contig,)`` int64."""
        return np.cumsum(self.lengths) - self.lengths


def scan(path: str, *, on_bad_base: OnBadBase = "error") -> FastaScan:
    """Read a FASTA file once from end to end, in bounded memory, and check all of it.

    Parameters
    ----------
    path
        The file: plain, gzip or bgzip.
    on_bad_base
        ``"n"``: printable characters that are no nucleotides become N, counted. ``"error"``: the first is an error.

    Raises
    ------
    BadInputError
        Anything is wrong with it; file, record, line and position are named.
    """
    kind = source_kind(path)
    scanner = _Scanner(path, keep_bad=on_bad_base == "n")
    with open_source(path, kind) as file:
        for block in read_blocks(file):
            scanner.feed(block)
        seek_points = finish_source(path, kind, file)
    return scanner.finish(kind, seek_points)


class _Scanner:
    """The state of a pass: feeds blocks to the kernel and gathers what it finds."""

    def __init__(self, path: str, *, keep_bad: bool) -> None:
        self.path = path
        self.keep_bad = keep_bad
        self.state = kernels.new_state()
        self.bytes_read = 0
        self.letters = np.empty(BLOCK, np.uint8)
        self.headers = np.empty(BLOCK // 2 + 1, np.int64)
        self.marks = np.empty(BLOCK // CHECKPOINT + 2, np.int64)
        self.ids_in_block = np.empty(2 * BLOCK, np.uint8)
        self.replaced = np.zeros(256, np.int64)
        self.ids = bytearray()
        self.starts: list[NDArray[np.int64]] = []
        self.checkpoints: list[NDArray[np.int64]] = []
        self.digests = bytearray()
        self.md5 = hashlib.md5(usedforsecurity=False)

    def feed(self, block: NDArray[np.uint8]) -> None:
        if self.bytes_read == 0 and block[:3].tobytes() == b"\xef\xbb\xbf":  # the byte order mark of some editors
            self.bytes_read = 3
            block = block[3:]
        state = self.state
        bases = int(state[kernels.BASES])
        records = int(state[kernels.RECORDS])
        kernels.scan_block(
            block,
            self.bytes_read,
            self.keep_bad,
            state,
            self.letters,
            self.headers,
            self.marks,
            self.ids_in_block,
            self.replaced,
        )
        self.ids += self.ids_in_block[: state[kernels.ID_BYTES]].data
        if state[kernels.FAULT]:
            self.fail(int(state[kernels.FAULT]), int(block[state[kernels.AT]]))
        self.bytes_read += len(block)
        headers = self.headers[: state[kernels.HEADERS]].copy()
        self.hash_letters(headers.tolist(), int(state[kernels.LETTERS]), first=records == 0)
        headers += bases
        self.starts.append(headers)
        self.checkpoints.append(self.marks[: state[kernels.MARKS]].copy())

    def hash_letters(self, headers: list[int], n_letters: int, *, first: bool) -> None:
        """Go on with the MD5 of the record at hand, and with one of its own for each that begins here."""
        letters = self.letters.data
        new = hashlib.md5
        start = 0
        md5 = self.md5
        digests = []
        for stop in headers:
            if stop > start:
                md5.update(letters[start:stop])
            digests.append(md5.digest())
            md5 = new(usedforsecurity=False)
            start = stop
        if n_letters > start:
            md5.update(letters[start:n_letters])
        self.md5 = md5
        # Before the first header there is no record whose digest it could be.
        self.digests += b"".join(digests[1:] if first else digests)

    def finish(self, kind: str, seek_points: NDArray[np.uint8]) -> FastaScan:
        state = self.state
        if state[kernels.RECORDS] == 0:
            raise BadInputError(
                "there is no sequence in this file",
                where=self.path,
                remedy="Give a FASTA file: records begin with '>'.",
            )
        if state[kernels.BASES] == state[kernels.RECORD_START]:
            self.fail(kernels.EMPTY_RECORD, 0)
        self.digests += self.md5.digest()
        names = self.decoded_ids()
        starts = np.concatenate(self.starts)
        lengths = np.diff(starts, append=state[kernels.BASES])
        index = FastaIndex(int(state[kernels.BASES]), kind, np.concatenate(self.checkpoints), seek_points)
        replaced = {chr(byte): int(self.replaced[byte]) for byte in np.flatnonzero(self.replaced).tolist()}
        md5 = np.frombuffer(self.digests, np.uint8).reshape(-1, 16)
        return FastaScan(names, lengths, md5, replaced, index)

    def decoded_ids(self) -> list[str]:
        try:
            names = self.ids.decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError as error:
            record = self.ids.count(b"\n", 0, error.start) + 1
            shown = self.ids.split(b"\n")[record - 1].decode("utf-8", "backslashreplace")
            raise BadInputError(
                f"the id '{shown}' is not UTF-8 text",
                where=f"{self.path}, record {record:,}",
                remedy="Rename it, or convert the file: iconv -f latin1 -t utf-8.",
            ) from error
        if len(set(names)) < len(names):
            seen: dict[str, int] = {}
            for record, name in enumerate(names, 1):
                if (earlier := seen.setdefault(name, record)) != record:
                    raise BadInputError(
                        f"the id {name!r} is used twice, by records {earlier:,} and {record:,}",
                        where=self.path,
                        remedy="Ids end at the first white space; give each sequence one of its own.",
                    )
        return names

    def fail(self, fault: int, byte: int) -> NoReturn:
        state = self.state
        record = int(state[kernels.RECORDS])
        position = int(state[kernels.BASES] - state[kernels.RECORD_START]) + 1
        ids = self.ids.split(b"\n")
        name = ids[record - 1].decode("utf-8", "backslashreplace") if 0 < record <= len(ids) else ""
        where = f"{self.path}, line {int(state[kernels.LINE]):,}"
        if record:
            where = f"{self.path}, record {record:,} ('{name}'), line {int(state[kernels.LINE]):,}"
        shown = repr(chr(byte)) if 33 <= byte <= 126 else f"the byte 0x{byte:02x}"
        problem, remedy = {
            kernels.NO_HEADER: ("sequence before the first header", "A FASTA file begins with a line '>ID'."),
            kernels.EMPTY_RECORD: ("the record has no sequence", "Remove the record, or add its sequence."),
            kernels.EMPTY_ID: ("the header has no id", "Write an id after the '>'."),
            kernels.BAD_LETTER: (
                f"{shown} at position {position:,} of the sequence is no nucleotide letter",
                "Mend the file, or turn such letters into N with --on-bad-base n.",
            ),
            kernels.INNER_SPACE: (
                f"white space between two bases, before position {position:,} of the sequence",
                "Remove the white space inside sequence lines.",
            ),
            kernels.INNER_HEADER: (
                f"'>' inside a line, at position {position:,} of the sequence",
                "Headers begin at the start of a line; were files joined whose last line had no end?",
            ),
            kernels.NOT_TEXT: (
                f"{shown} at position {position:,} of the sequence is no text",
                "Is this a FASTA file? Copy it again, or export it as plain ASCII text.",
            ),
        }[fault]
        raise BadInputError(problem, where=where, remedy=remedy)
