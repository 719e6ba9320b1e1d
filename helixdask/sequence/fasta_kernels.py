"""The two loops over the bytes of a FASTA file: one that looks for everything, one that only makes base codes.

Both are fed block after block and keep their state in a small array between blocks, so that a record, a line or an id
may end anywhere.

Lines end at LF, CR LF or CR. White space at either end of a sequence line is ignored and so are blank lines; white
space between two bases of one line is an error, because programs disagree on whether it is a base. An id reaches from
the first character after ``>`` that is not white space to the next white space.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.sequence.codes import LETTER_TO_CODE, N_CODE, SOFT_MASK

CHECKPOINT: Final = 1 << 16
"""Every that many bases of the genome-long axis the place in the file is noted."""


# Slots of the state array that both loops share with their callers.
MODE: Final = 0  # where in a line we are, see _LINE_START and the following
BASES: Final = 1  # bases so far
LINE: Final = 2  # line of the file, from 1
RECORDS: Final = 3  # headers so far
RECORD_START: Final = 4  # BASES at the current header
NEXT_CHECKPOINT: Final = 5
FAULT: Final = 6  # SOUND, or what is wrong, see below
AT: Final = 7  # byte in the block where it is
LETTERS: Final = 8  # letters that this block gave
HEADERS: Final = 9  # records that began in this block
MARKS: Final = 10  # checkpoints noted in this block
ID_BYTES: Final = 11  # bytes of ids written in this block
_SLOTS: Final = 12

# What can be wrong with a FASTA file.
SOUND: Final = 0
NO_HEADER: Final = 1
EMPTY_RECORD: Final = 2
EMPTY_ID: Final = 3
BAD_LETTER: Final = 4
INNER_SPACE: Final = 5
INNER_HEADER: Final = 6
NOT_TEXT: Final = 7

_LINE_START, _INDENT, _BASES, _TRAILING, _ID_START, _ID, _TITLE = range(7)
_LF, _CR, _GREATER = 10, 13, 62


def _upper_table() -> NDArray[np.uint8]:
    """Upper-case letter of each byte that is a nucleotide, else 0."""
    table = np.zeros(256, np.uint8)
    for byte in range(128):
        if LETTER_TO_CODE[byte] != 0xFF:
            table[byte] = ord(chr(byte).upper())
    return table


def _parse_table() -> NDArray[np.uint8]:
    """Code of each byte for the second loop: other printable characters are N, white space and ``>`` are 255."""
    table = LETTER_TO_CODE.copy()
    for byte in range(33, 127):
        if table[byte] == 0xFF and byte != _GREATER:
            table[byte] = N_CODE | (SOFT_MASK if chr(byte).islower() else 0)
    return table


_UPPER = _upper_table()
_PARSE = _parse_table()


def new_state() -> NDArray[np.int64]:
    """State of a loop that is about to read the first byte of a file."""
    state = np.zeros(_SLOTS, np.int64)
    state[LINE] = 1
    return state


@njit(cache=True, nogil=True)
def _is_blank(byte: int) -> bool:
    return (byte == 32) | (byte == 9) | (byte == 11) | (byte == 12)


@njit(cache=True, nogil=True)
def _is_end(byte: int) -> bool:
    return (byte == _LF) | (byte == _CR)


@njit(cache=True, nogil=True)
def scan_block(
    data: NDArray[np.uint8],
    byte_offset: int,
    keep_bad: bool,
    state: NDArray[np.int64],
    letters: NDArray[np.uint8],
    headers: NDArray[np.int64],
    marks: NDArray[np.int64],
    ids: NDArray[np.uint8],
    replaced: NDArray[np.int64],
) -> None:
    """Read one block of a FASTA file and note everything worth knowing.

    Parameters
    ----------
    data
        The block, ``(byte,)`` uint8.
    byte_offset
        Place of the block in the (decompressed) file.
    keep_bad
        Count printable characters that are no nucleotides as bases, instead of stopping at the first.
    state
        From `new_state` or the block before; changed. ``FAULT`` is set and the loop left at the first fault.
    letters
        Out: the sequence without line breaks in upper case, at least ``(byte,)`` uint8.
    headers
        Out: for every record that begins here, how many letters of this block lie before it; at least
        ``(byte / 2 + 1,)`` int64.
    marks
        Out: byte (in the whole file) of the bases at multiples of `CHECKPOINT`; at least ``(byte / CHECKPOINT + 2,)``
        int64.
    ids
        Out: ids, each followed by a line feed; at least ``(2 * byte,)`` uint8.
    replaced
        How often each bad byte was kept, ``(256,)`` int64; added to.
    """
    # The state lives in local variables inside the loop, which are several times faster than slots of an array.
    mode = state[MODE]
    bases = state[BASES]
    line = state[LINE]
    records = state[RECORDS]
    record_start = state[RECORD_START]
    next_mark = state[NEXT_CHECKPOINT]
    fault = SOUND
    n_letters = 0
    n_headers = 0
    n_marks = 0
    n_ids = 0
    n = len(data)
    i = 0
    while i < n:
        byte = data[i]

        # In a header: the id is copied, the title behind it is skipped.
        if mode >= _ID_START:
            if _is_end(byte):
                if mode == _ID_START:
                    fault = EMPTY_ID
                    break
                if mode == _ID:
                    ids[n_ids] = _LF
                    n_ids += 1
                line += byte == _LF
                mode = _LINE_START
            elif mode == _ID_START:
                if not _is_blank(byte):
                    mode = _ID
                    ids[n_ids] = byte
                    n_ids += 1
            elif mode == _ID:
                if _is_blank(byte):
                    ids[n_ids] = _LF
                    n_ids += 1
                    mode = _TITLE
                else:
                    ids[n_ids] = byte
                    n_ids += 1
            i += 1
            continue

        # A nucleotide, and with it all that follow in this line.
        letter = _UPPER[byte]
        if letter != 0:
            if mode == _TRAILING:
                fault = INNER_SPACE
                break
            if records == 0:
                fault = NO_HEADER
                break
            mode = _BASES
            if bases == next_mark:
                marks[n_marks] = byte_offset + i
                n_marks += 1
                next_mark += CHECKPOINT
            # The hot loop: it cannot run past the next checkpoint, so it need not look for it.
            first = i
            stop = min(n, i + next_mark - bases)
            while letter != 0:
                letters[n_letters] = letter
                n_letters += 1
                i += 1
                if i == stop:
                    break
                letter = _UPPER[data[i]]
            bases += i - first
            continue

        # White space, and the beginning of a record.
        if _is_end(byte):
            line += byte == _LF
            mode = _LINE_START
        elif _is_blank(byte):
            if mode == _BASES:
                mode = _TRAILING
            elif mode == _LINE_START:
                mode = _INDENT
        elif byte == _GREATER and mode == _LINE_START:
            if records > 0 and bases == record_start:
                fault = EMPTY_RECORD
                break
            records += 1
            record_start = bases
            headers[n_headers] = n_letters
            n_headers += 1
            mode = _ID_START

        # Anything else is a fault, or, where bad letters are kept, counts as a base.
        else:
            if byte < 33 or byte > 126:
                fault = NOT_TEXT
            elif byte == _GREATER:
                fault = INNER_HEADER
            elif records == 0:
                fault = NO_HEADER
            elif mode == _TRAILING:
                fault = INNER_SPACE
            elif not keep_bad:
                fault = BAD_LETTER
            if fault != SOUND:
                break
            if bases == next_mark:
                marks[n_marks] = byte_offset + i
                n_marks += 1
                next_mark += CHECKPOINT
            replaced[byte] += 1
            letters[n_letters] = byte - 32 if 97 <= byte <= 122 else byte
            n_letters += 1
            bases += 1
            mode = _BASES
        i += 1
    state[MODE] = mode
    state[BASES] = bases
    state[LINE] = line
    state[RECORDS] = records
    state[RECORD_START] = record_start
    state[NEXT_CHECKPOINT] = next_mark
    state[FAULT] = fault
    state[AT] = i
    state[LETTERS] = n_letters
    state[HEADERS] = n_headers
    state[MARKS] = n_marks
    state[ID_BYTES] = n_ids


@njit(cache=True, nogil=True)
def parse_block(data: NDArray[np.uint8], state: NDArray[np.int64], codes: NDArray[np.uint8], filled: int) -> int:
    """Turn one block of a file that `scan_block` has accepted into base codes.

    Parameters
    ----------
    data
        The block, ``(byte,)`` uint8.
    state
        Only ``MODE`` is used: from `new_state`, which is also right for a block that begins at a base.
    codes
        Out: base codes, ``(base,)`` uint8, filled from ``filled`` on.
    filled
        How many are there already.

    Returns
    -------
    How many are there now. The loop stops when ``codes`` is full.
    """
    mode = state[MODE]
    n = len(data)
    total = len(codes)
    i = 0
    while i < n and filled < total:
        byte = data[i]
        if mode >= _ID_START:
            if _is_end(byte):
                mode = _LINE_START
            i += 1
            continue
        code = _PARSE[byte]
        if code != 255:
            mode = _BASES
            stop = min(n, i + total - filled)
            while code != 255:
                codes[filled] = code
                filled += 1
                i += 1
                if i == stop:
                    break
                code = _PARSE[data[i]]
            continue
        if _is_end(byte):
            mode = _LINE_START
        elif byte == _GREATER and mode == _LINE_START:
            mode = _TITLE
        i += 1
    state[MODE] = mode
    return filled
