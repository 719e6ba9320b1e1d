"""BAM files for tests, and coverage counted base by base in plain Python."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pysam

from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.stretches import stretches_of
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.coverage.settings import ReadOptions
from helixdask.store.contigs import ContigTable


class Read(NamedTuple):
    name: str
    flag: int
    contig: int
    position: int
    cigar: str
    mapq: int = 60
    mate: int | None = None  # start of the mate; -2: on another contig


def write_bam(path, contigs, reads, index=True, order="coordinate", sort=True, csi=False):
    """Write a BAM file; `contigs` is a dict of lengths."""
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": n, "LN": length} for n, length in contigs.items()]}
    if order:
        header["HD"]["SO"] = order
    if sort:
        reads = sorted(reads, key=lambda r: (r.contig, r.position))
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for read in reads:
            record = pysam.AlignedSegment(bam.header)
            record.query_name, record.flag, record.reference_id = read.name, read.flag, read.contig
            record.reference_start, record.mapping_quality = read.position, read.mapq
            record.cigarstring = read.cigar or None
            if read.mate is not None:
                record.next_reference_id = read.contig if read.mate >= 0 else 1 - read.contig
                record.next_reference_start = max(read.mate, 0)
            bases = sum(int(n) for n, op in re.findall(r"(\d+)([MIS=X])", read.cigar))
            record.query_sequence = "A" * bases or None
            bam.write(record)
    if index:
        pysam.index("-c" if csi else "-b", str(path))
    return str(path)


def tracks_of(path, lengths, strandedness, rules, region=None, min_mapq=None, chunk=None, max_intron=None):
    """Tracks of every contig, counted in regions of this many bases of all contigs end to end; and reads by reason.

    `chunk`: compressed bytes that are read at a time.
    """
    reader = BamReader(path, load_index(path, None), **({"chunk": chunk} if chunk else {}))
    lengths = list(lengths)
    contigs = ContigTable(np.array([str(i) for i in range(len(lengths))], object), np.array(lengths))
    parts, counts = [], 0
    step = region or contigs.n_bases
    for start in range(0, contigs.n_bases, step):
        stop = min(contigs.n_bases, start + step)
        pileup = Pileup(
            stop - start, strandedness, make_rules(rules, ReadOptions(min_mapq, max_intron=max_intron)), path
        )
        for stretch in stretches_of(contigs.pieces(start, stop), np.arange(len(lengths)), start):
            for records in reader.records(stretch):
                pileup.add(records)
        tracks = pileup.finish()
        parts.append(np.zeros((2, 2, stop - start), np.uint32) if tracks is None else tracks)
        counts = counts + pileup.counts
    return np.split(np.concatenate(parts, axis=-1), contigs.offsets[1:-1], axis=-1), counts


def plain_tracks(reads, lengths, strandedness, rules, min_mapq=10):
    """The same from the rules as they are written down, without any of the code under test."""
    tracks = [np.zeros((2, 2, length), np.uint32) for length in lengths]
    helixer = rules == "helixer"
    used, first_bases = [], defaultdict(list)
    for read in reads:
        f = read.flag
        if f & (0x4 | 0x100 | 0x200) or not read.cigar:
            continue
        if not helixer and (f & 0xC00 or read.mapq < min_mapq):
            continue
        paired, first, second = f & 1, f & 0x40, f & 0x80
        if not helixer and strandedness != "unstranded" and paired and bool(first) == bool(second):
            continue
        strand = (f >> 4) & 1
        is_second = paired and second and not first
        if (strandedness == "forward" and is_second) or (strandedness == "reverse" and not is_second):
            strand = 1 - strand
        bases, at = set(), read.position
        for n, op in re.findall(r"(\d+)([MIDNSHP=X])", read.cigar):
            if op in "M=XDN":
                track = 0 if op in "M=X" else 1
                if op != "D" or helixer:
                    bases |= {(track, p) for p in range(at, at + int(n)) if p < lengths[read.contig]}
                at += int(n)
        mate = paired and not f & 0x8 and bool(first) != bool(second) and not helixer
        if mate and first:
            first_bases[read.contig, read.name].append((read, bases))
        used.append((read, strand, bases, bool(mate and second)))
    for read, strand, bases, second in used:
        for first, covered in first_bases[read.contig, read.name] if second else []:
            if read.mate in (None, first.position) and first.mate in (None, read.position):
                bases = bases - covered
        for track, p in bases:
            tracks[read.contig][track, strand, p] += 1
    return tracks
