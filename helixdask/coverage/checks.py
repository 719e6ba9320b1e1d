"""Refusing a library that cannot be counted, by name and before any work starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.coverage.bam_index import BamIndex, read_index
from helixdask.coverage.libraries import Library
from helixdask.errors import BadInputError

__all__ = ["CheckedLibrary", "check_library", "load_index"]

BGZF_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every complete BAM file."""


@dataclass(frozen=True)
class CheckedLibrary:
    """What a check found.

    Parameters
    ----------
    index_path
        The index beside the file, or None.
    contig_numbers
        For each contig of the genome its number in the BAM, -1 where the BAM does not have it, int32.
    foreign_contigs
        Names of contigs that the genome does not have.
    contigs_without_reads
        Names of the genome's contigs that the BAM does not have: they get no coverage.
    """

    index_path: str | None
    contig_numbers: NDArray[np.int32]
    foreign_contigs: list[str]
    contigs_without_reads: list[str]


def check_library(library: Library, names: Sequence[str], lengths: NDArray[np.int64]) -> CheckedLibrary:
    """Check that a BAM file can be counted on a genome; nothing is written.

    Parameters
    ----------
    library
        The library.
    names, lengths
        Contigs of the genome.

    Raises
    ------
    BadInputError
        If the file is missing, no BAM, cut short or not sorted by coordinate, if its contigs and the genome's have no
        name in common or a common name with two lengths, or if its index is not of this file.
    """
    path = library.path
    _check_file(path)
    bam_names, bam_lengths, order = _read_header(path)
    if order in ("unsorted", "queryname"):
        raise BadInputError(
            f"the header says that the alignments are not sorted by coordinate (SO:{order})",
            where=path,
            remedy=f"samtools sort -o sorted.bam {path}",
        )
    numbers = _match_contigs(path, bam_names, bam_lengths, names, lengths)
    index_path = _find_index(path)
    if index_path is not None and len(read_index(index_path).contig_at) > len(bam_names):
        raise BadInputError(
            "the index belongs to another file: it has more contigs", where=index_path, remedy=f"samtools index {path}"
        )
    known = set(names)
    foreign = [name for name in bam_names if name not in known]
    return CheckedLibrary(index_path, numbers, foreign, [names[i] for i in np.flatnonzero(numbers < 0).tolist()])


def load_index(path: str, index_path: str | None, foreign: Sequence[str] = ()) -> tuple[BamIndex, int]:
    """Return the index of a BAM file; where there is none beside it, one is made in a temporary folder.

    Parameters
    ----------
    path
        The BAM file.
    index_path
        Its index, or None.
    foreign
        Contigs whose alignments are wanted as a number.

    Returns
    -------
    index
        The index.
    reads
        Mapped alignments on the contigs `foreign`.

    Raises
    ------
    BadInputError
        If an index cannot be made, because the alignments are not sorted or the file is damaged.
    """
    with TemporaryDirectory(prefix="helixdask-index-") as folder:
        index_path = index_path or _make_index(path, Path(folder))
        reads = 0
        if foreign:
            strangers = set(foreign)
            with pysam.AlignmentFile(path, "rb", check_sq=False, index_filename=index_path) as bam:
                reads = sum(int(s.mapped) for s in bam.get_index_statistics() if s.contig in strangers)
        return read_index(index_path), reads


def _read_header(path: str) -> tuple[tuple[str, ...], tuple[int, ...], str]:
    verbosity = pysam.set_verbosity(0)  # htslib would print what is raised here
    try:
        with pysam.AlignmentFile(path, "rb", check_sq=False, require_index=False) as bam:
            if not bam.is_bam:
                raise BadInputError("not a BAM file", where=path, remedy="Convert it: samtools sort -o reads.bam reads")
            return bam.references, bam.lengths, bam.header.to_dict().get("HD", {}).get("SO", "unknown")
    except (OSError, ValueError) as error:
        raise BadInputError(f"cannot be read as BAM ({error})", where=path) from error
    finally:
        pysam.set_verbosity(verbosity)


def _check_file(path: str) -> None:
    file = Path(path)
    if not file.is_file():
        raise BadInputError("no such file", where=path, remedy="Check the path of the library.")
    with file.open("rb") as raw:
        start = raw.read(4)
        raw.seek(max(0, file.stat().st_size - len(BGZF_EOF)))
        end = raw.read()
    if start != b"\x1f\x8b\x08\x04":
        kind = "a CRAM file" if start == b"CRAM" else "not a BAM file"
        raise BadInputError(kind, where=path, remedy="Convert it: samtools sort -o reads.bam reads")
    if end != BGZF_EOF:
        raise BadInputError(
            "the file is cut short (no end-of-file block)",
            where=path,
            remedy="Copy or make it again; `samtools quickcheck -v` shows the same.",
        )


def _match_contigs(
    path: str,
    bam_names: Sequence[str],
    bam_lengths: Sequence[int],
    names: Sequence[str],
    lengths: NDArray[np.int64],
) -> NDArray[np.int32]:
    number = {name: i for i, name in enumerate(bam_names)}
    numbers = np.array([number.get(name, -1) for name in names], np.int32)
    if not np.any(numbers >= 0):
        raise BadInputError(
            f"no contig name in common with the genome (BAM: {_some(bam_names)}; genome: {_some(names)})",
            where=path,
            remedy="Map the reads to this genome, or rename the contigs of the BAM (samtools reheader).",
        )
    common = np.flatnonzero(numbers >= 0)
    other = np.asarray(bam_lengths, np.int64)[numbers[common]]
    wrong = np.flatnonzero(other != np.asarray(lengths)[common])
    if len(wrong):
        first = common[wrong[0]]
        raise BadInputError(
            f"contig `{names[first]}` has {other[wrong[0]]:,} bases in the BAM, {int(lengths[first]):,} in the genome"
            + (f"; {len(wrong) - 1:,} more contigs differ" if len(wrong) > 1 else ""),
            where=path,
            remedy="The reads were mapped to another assembly: map them to this one.",
        )
    return numbers


def _some(names: Sequence[str]) -> str:
    return ", ".join(list(names)[:3]) + (", …" if len(names) > 3 else "") if len(names) else "none"


def _find_index(path: str) -> str | None:
    for candidate in (f"{path}.bai", f"{path}.csi", re.sub(r"\.bam$", ".bai", path), re.sub(r"\.bam$", ".csi", path)):
        if candidate != path and Path(candidate).is_file():
            return candidate
    return None


def _make_index(path: str, folder: Path) -> str:
    csi = max(_read_header(path)[1], default=0) > 1 << 29  # beyond what a BAI can say
    target = folder / ("index.csi" if csi else "index.bai")
    try:
        pysam.index("-c" if csi else "-b", "-o", str(target), path)
    except pysam.utils.SamtoolsError as error:
        raise BadInputError(
            f"has no index and none could be made ({' '.join(str(error).split())})",
            where=path,
            remedy=f"If the alignments are not sorted by coordinate: samtools sort -o sorted.bam {path}",
        ) from error
    return str(target)
