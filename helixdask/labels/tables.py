"""From gene models and the genome's sequence to everything that painting needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.attributes import masked_reasons, translation_exceptions
from helixdask.genes.models import GeneModels
from helixdask.labels.checks import check_genes_default, check_genes_helixer
from helixdask.labels.codons import missing_codons
from helixdask.labels.features import Features, features_of, mirrored
from helixdask.labels.gene_codes import GeneCodes, codes_of_genes
from helixdask.labels.intervals import StrandTables, strand_tables
from helixdask.labels.isoforms import longest_sound
from helixdask.labels.masks import Masks
from helixdask.labels.segments import Ints, subtract
from helixdask.labels.soundness import Soundness, soundness_of
from helixdask.labels.translation import read_features
from helixdask.labels.whole_genes import BAD_COORDINATES, DISAGREES, EXCEPTION
from helixdask.settings import Rules
from helixdask.store.contigs import ContigTable


@dataclass(frozen=True)
class LabelTables:
    """Interval tables of both strands, and how they came about.

    ``valid`` is the share of the coding bases that are not masked, of chosen transcripts; 0 of others, ``(feature,)``.
    ``instead`` is the broken
    isoform, a row of ``features``, that a chosen transcript stands in for, ``(feature,)``, -1 for none. ``soundness``
    and ``codes`` are those of the default rules.
    """

    strands: tuple[StrandTables, StrandTables]
    features: Features
    masks: Masks
    valid: NDArray[np.float64]
    instead: Ints
    soundness: Soundness | None = None
    codes: GeneCodes | None = None

    @property
    def learnt(self) -> NDArray[np.bool_]:
        """Chosen transcripts of whose coding bases none is masked, ``(feature,)``."""
        return np.asarray(self.valid == 1.0)


def label_tables(
    models: GeneModels,
    contigs: ContigTable,
    read: Callable[[int, int], NDArray[np.uint8]],
    rules: Rules,
    codes: GeneCodes | None = None,
) -> LabelTables:
    """Interval tables of all labels.

    Parameters
    ----------
    models
        Genes.
    contigs
        Sequences of the genome.
    read
        Gives the base codes of ``[start, stop)`` of ``position``.
    rules
        ``default``, or ``helixer``: exactly what GeenuFF and Helixer make of the same genes.
    codes
        Genetic code of every gene, for the default rules; without it the standard one, or what the annotation says of
        single genes.
    """
    features = features_of(models, contigs.lengths, rules)
    instead = np.full(len(features), -1, np.int64)
    soundness = None
    if rules == Rules.HELIXER:
        no_start, no_stop = missing_codons(features, contigs.offsets, read)
        masks = check_genes_helixer(models, features, no_start, no_stop, contigs.lengths)
    else:
        codes = codes or codes_of_genes(models, contigs)
        reading = read_features(features, codes, contigs.offsets, read)
        soundness = soundness_of(models, features, reading)
        chosen, instead = longest_sound(models, features, reading.length, soundness.broken)
        reasons = _whole_gene_reasons(models, features, soundness, chosen, instead, contigs.lengths)
        chosen &= reasons[features.gene] == ""
        instead = np.where(chosen, instead, -1)
        features = replace(features, chosen=chosen)
        no_start, no_stop = reading.start != 1, reading.stop != 1
        masks = check_genes_default(models, features, soundness, reasons, no_start, no_stop, contigs.lengths)
    gene_contig = models.genes["contig"].to_numpy(np.int64)
    strands = strand_tables(features, masks, gene_contig, contigs.lengths, rules)
    valid = features.chosen * _valid_share(features, strands, contigs)
    return LabelTables(strands, features, masks, valid, instead, soundness, codes)


def _valid_share(
    features: Features, strands: tuple[StrandTables, StrandTables], contigs: ContigTable
) -> NDArray[np.float64]:
    """Share of the coding bases of each feature that are not masked, ``(feature,)``."""
    f = features
    owner = f.pieces.owner
    size = f.contig_length[owner]
    low, high = mirrored(np.clip(f.pieces.start, 0, size), np.clip(f.pieces.end, 0, size), size, f.minus[owner])
    offset = contigs.offsets[f.contig[owner]]
    low, high = low + offset, high + offset
    valid = np.zeros(len(f))
    for minus, strand in enumerate(strands):
        rows = np.flatnonzero(f.minus[owner] == bool(minus))
        start, end, row = subtract(low[rows], high[rows], strand.mask_start, strand.mask_end)
        np.add.at(valid, owner[rows[row]], end - start)
    bases = np.bincount(owner, high - low, minlength=len(f))
    return np.divide(valid, bases, out=np.zeros(len(f)), where=bases > 0)


def _whole_gene_reasons(
    models: GeneModels,
    features: Features,
    soundness: Soundness,
    chosen: NDArray[np.bool_],
    instead: Ints,
    contig_lengths: Ints,
) -> NDArray[np.object_]:
    """Code for each gene that is masked whole whatever stands for it, ``(gene,)``; the reader's words come first."""
    reasons = masked_reasons(models)
    beyond = models.genes["end"].to_numpy(np.int64) > contig_lengths[models.genes["contig"].to_numpy(np.int64)]
    reasons[beyond & (reasons == "")] = BAD_COORDINATES
    # One isoform that does not fit the sequence puts the coordinates of all in doubt.
    disagrees = np.zeros(len(reasons), bool)
    disagrees[features.gene[soundness.disagrees]] = True
    longest = np.where(instead >= 0, instead, np.arange(len(features)))[chosen]
    unfit = np.zeros(len(reasons), bool)
    unfit[features.gene[longest]] = soundness.broken[longest]
    unfit &= translation_exceptions(models) != ""
    for code, which in ((EXCEPTION, unfit), (DISAGREES, disagrees)):
        reasons[which & (reasons == "")] = code
    return reasons


def annotated_contigs(strands: tuple[StrandTables, StrandTables], contigs: ContigTable) -> Ints:
    """Rows of the contigs that hold any base of a labelled gene, on either strand."""
    starts = np.concatenate([strand.class_start for strand in strands])
    return np.unique(np.searchsorted(contigs.offsets, starts, side="right") - 1)
