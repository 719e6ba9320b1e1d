"""What a window holds: bases of each label class, and how far labels and predictions are apart.

The distance of a class is the sum over bases of |label - probability|, where label is 1 at bases of the class and 0
elsewhere. By default it is summed in float64 over bases that no error masks. With ``rules="helixer"`` it is summed as
Helixer's filter does: over all bases, in float16, each addition rounded, so that long windows saturate (21,384 times
0.01 gives 32). That is done here exactly, in integers of 2**-24, the smallest float16.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import InternalError
from helixdask.kernels import njit
from helixdask.probabilities import bits, decoding_table, likeliest
from helixdask.sequence.codes import CODE_MASK, N_CODE
from helixdask.settings import Rules

EXONIC = (1, 2)
"""Classes of exons: UTR and CDS."""
_ONE = 1 << 24  # 1.0 in units of the smallest float16


class Measures(NamedTuple):
    """Measures of windows, one entry each: the columns of the stored table, without their prefix ``window_``.

    ``class_count`` (window, class) int32; ``valid`` int32, bases that no error masks; ``usable`` int32, those of them
    that are not N; ``class_distance`` (window, class) float64, bases; ``agreement`` float32, share of valid bases where
    the likeliest class is the label; ``confidence`` float32, mean probability of the likeliest class over valid bases;
    ``genic_agreement`` and ``genic_confidence`` float32, the same over valid bases that are labelled as part of a gene.
    The last five are None without predictions; the shares are NaN where there are no such bases.
    """

    class_count: NDArray[np.int32]
    valid: NDArray[np.int32]
    usable: NDArray[np.int32]
    class_distance: NDArray[np.float64] | None
    agreement: NDArray[np.float32] | None
    confidence: NDArray[np.float32] | None
    genic_agreement: NDArray[np.float32] | None
    genic_confidence: NDArray[np.float32] | None


def measure_windows(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    probability: NDArray[Any] | None = None,
    rules: Rules = Rules.DEFAULT,
    codes: NDArray[np.uint8] | None = None,
) -> Measures:
    """Measure windows over tracks of a region.

    Parameters
    ----------
    begin, size, strand
        Windows: first base as an index into the tracks, number of bases (without padding), strand; ``(window,)``.
    label
        ``(strand, base)`` uint8 class index, plus orientation.
    valid
        ``(strand, base)`` uint8, 0 where an error masks the base.
    probability
        ``(strand, class, base)`` float16, or uint8 holding the probability times 255.
    rules
        ``helixer``: counts and distances over all bases, distances summed in float16 along the strand.
    codes
        ``(base,)`` base codes, which say what is N; by default nothing is.

    Raises
    ------
    InternalError
        A window reaches outside the tracks.
    """
    if len(begin) and (begin.min() < 0 or (begin + size).max() > label.shape[1]):
        raise InternalError("a window reaches outside the bases that were read")
    if probability is None:
        raw, table = np.zeros((2, 4, 1), np.uint8), np.zeros(256, np.float32)
    else:
        raw, table = bits(probability), decoding_table(str(probability.dtype))
    count, n_valid, n_usable, *doubts = _measure(
        begin,
        size,
        strand,
        label,
        valid,
        np.ones(label.shape[1], np.bool_) if codes is None else codes & CODE_MASK != N_CODE,
        raw,
        table,
        _float16_units(table),
        probability is not None,
        rules == Rules.HELIXER,
    )
    return Measures(count, n_valid, n_usable, *(doubts if probability is not None else [None] * 5))


def likeliest_class(probability: NDArray[Any]) -> NDArray[np.uint8]:
    """Class of the largest probability, the first at ties: ``(strand, class, base)`` to ``(strand, base)`` uint8."""
    return _likeliest(bits(probability), decoding_table(str(probability.dtype)))


@njit(cache=True, nogil=True)
def _likeliest(raw: NDArray[Any], table: NDArray[np.float32]) -> NDArray[np.uint8]:
    n_strands, _, n = raw.shape
    best = np.zeros((n_strands, n), np.uint8)
    for s in range(n_strands):
        for i in range(n):
            best[s, i] = likeliest(raw, table, s, i)
    return best


def _float16_units(table: NDArray[np.float32]) -> NDArray[np.int64]:
    """Probabilities rounded to float16, in units of 2**-24; what is no probability becomes 0."""
    rounded = table.astype(np.float16).astype(np.float64)
    usable = (rounded >= 0) & (rounded <= 1)
    return (np.where(usable, rounded, 0.0) * _ONE).astype(np.int64)


@njit(cache=True, inline="always")
def round_to_float16(value: int) -> int:
    """Round a sum, in units of 2**-24, to the nearest float16 (11 significant bits, ties to even)."""
    shift = 0
    while value >> (shift + 11):
        shift += 1
    if shift == 0:
        return value
    kept = value >> shift
    rest = value - (kept << shift)
    half = 1 << (shift - 1)
    if rest > half or (rest == half and kept & 1):
        kept += 1
    return kept << shift


@njit(cache=True, nogil=True)
def _measure(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    known: NDArray[np.bool_],
    raw: NDArray[Any],
    table: NDArray[np.float32],
    units: NDArray[np.int64],
    has_probability: bool,
    helixer: bool,
) -> tuple[NDArray[Any], ...]:
    n = len(begin)
    count = np.zeros((n, 4), np.int32)
    distance = np.zeros((n, 4), np.float64)
    n_valid = np.zeros(n, np.int32)
    n_usable = np.zeros(n, np.int32)
    agreement = np.full(n, np.nan, np.float32)
    confidence = np.full(n, np.nan, np.float32)
    genic_agreement = np.full(n, np.nan, np.float32)
    genic_confidence = np.full(n, np.nan, np.float32)
    total = np.zeros(4, np.int64)
    for w in range(n):
        s = strand[w]
        first, step = (begin[w], 1) if s == 0 else (begin[w] + size[w] - 1, -1)
        agreed = 0
        sure = 0.0
        n_genic = 0
        genic_agreed = 0
        genic_sure = 0.0
        total[:] = 0
        for i in range(size[w]):
            at = first + step * i
            true = label[s, at]
            usable = valid[s, at] != 0
            n_valid[w] += usable
            n_usable[w] += usable and known[at]
            if not (usable or helixer):
                continue
            count[w, true] += 1
            if not has_probability:
                continue
            best = 0
            best_p = table[raw[s, 0, at]]
            for k in range(4):
                cell = raw[s, k, at]
                p = table[cell]
                if p > best_p:
                    best, best_p = k, p
                if helixer:
                    gap = abs((_ONE if k == true else 0) - units[cell])
                    total[k] = round_to_float16(total[k] + round_to_float16(gap))
                else:
                    distance[w, k] += abs((1.0 if k == true else 0.0) - np.float64(p))
            if usable:
                agreed += best == true
                sure += best_p
                if true:
                    n_genic += 1
                    genic_agreed += best == true
                    genic_sure += best_p
        if helixer:
            for k in range(4):
                distance[w, k] = total[k] / _ONE
        if has_probability and n_valid[w]:
            agreement[w] = agreed / n_valid[w]
            confidence[w] = sure / n_valid[w]
        if n_genic:
            genic_agreement[w] = genic_agreed / n_genic
            genic_confidence[w] = genic_sure / n_genic
    return count, n_valid, n_usable, distance, agreement, confidence, genic_agreement, genic_confidence
