"""Reading the alignments of a CRAM file: htslib turns a part at a time into BAM records, which the same loops read.

Only names, flags, places, qualities and CIGARs are decoded. Bases are not, so no reference sequence is needed; that the
reads were mapped to this genome is known from the MD5s in the header.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pysam

from helixdask.alignments.alignments import Alignments, take
from helixdask.alignments.bam_blocks import Records, alignments_of, records_of
from helixdask.alignments.bam_header import skip_header
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.stretches import Stretch
from helixdask.inputs.foreign import foreign_errors

PART = 1 << 19
"""Bases that are decoded at a time: what they hold lies in a temporary file of about 80 bytes a read."""
_REMEDY = "The file or its index is damaged or cut short: copy or make it again."
_FIELDS = "required_fields=0xff"  # name, flag, contig, position, mapping quality, CIGAR, and the mate's place


class CramReader:
    """Alignments of one CRAM file by place.

    Parameters
    ----------
    path
        A CRAM file, sorted by coordinate; local or a URL that htslib opens.
    index_path
        Its index.
    part
        Bases that are decoded at a time.
    """

    def __init__(self, path: str, index_path: str, part: int = PART) -> None:
        self.path, self.index_path, self.part = path, index_path, part
        with foreign_errors(path), pysam.AlignmentFile(path, "rc", check_sq=False, index_filename=index_path) as cram:
            self._names: tuple[str, ...] = cram.references

    def records(self, stretch: Stretch) -> Iterator[Records]:
        """Yield the records of a stretch, part by part: each part is a stretch of its own.

        Raises
        ------
        BadInputError
            If the file is damaged or cut short.
        """
        spans = zip(stretch.start.tolist(), stretch.stop.tolist(), stretch.place.tolist(), strict=True)
        for contig, (start, stop, place) in enumerate(spans, stretch.contig):
            for a in range(start, stop, self.part):
                b = min(a + self.part, stop)
                yield from self._part(Stretch(contig, np.array([a]), np.array([b]), np.array([place + a - start])))

    def batches(self, contig: int, start: int, stop: int) -> Iterator[Alignments]:
        """Yield the alignments that overlap [start, stop) of a contig, by start, in batches."""
        for a in range(start, stop, self.part):
            for batch in alignments_of(self._part, contig, a, min(a + self.part, stop)):
                begun = np.flatnonzero(batch.position < a) if a > start else ()  # the part before had those
                yield take(batch, np.arange(len(begun), len(batch))) if len(begun) else batch

    def _part(self, stretch: Stretch) -> Iterator[Records]:
        """The records that overlap one part of one contig."""
        region = f"{{{self._names[stretch.contig]}}}:{int(stretch.start[0]) + 1}-{int(stretch.stop[0])}"
        with TemporaryDirectory(prefix="helixdask-cram-") as folder:
            target = Path(folder) / "part.bam"
            options = ["-u", "-X", "--input-fmt-option", _FIELDS, "-o", str(target)]
            with foreign_errors(f"{self.path}, {region}", "cannot be decoded", _REMEDY):
                pysam.view(*options, self.path, self.index_path, region, catch_stdout=False)
                if not target.exists():
                    raise OSError("htslib failed without a word")
            file = ByteRanges(str(target))
            rest, stream = skip_header(file)
            yield from records_of(stream, 0, stretch, rest)
