"""A store for people: region strings, xarray, lazy windows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr

from helixdask.genes.lookup import genes_in_region
from helixdask.genes.models import GeneModels
from helixdask.genes.table import read_genes
from helixdask.lazy import lazy_track, lazy_tree
from helixdask.public_names import without_secrets
from helixdask.registry import FORMAT_VERSION, KINDS, LABEL_CLASSES, PHASE_CLASSES, STRANDS
from helixdask.selection.table import Side, window_table, windows_of
from helixdask.sequence.codes import SOFT_MASK
from helixdask.store.lineage import stale_groups
from helixdask.store.store import Store
from helixdask.windows.cut import Orientation, PaddingPlace, WindowLayout
from helixdask.windows.view import lazy_windows

__all__ = ["GenomeStore", "open_store"]

_LONG = 1 << 20


class GenomeStore(Store):
    """A store with the verbs that people use.

    Examples
    --------
    >>> import helixdask as hd
    >>> store = hd.open_store("wheat.zarr")  # doctest: +SKIP
    >>> store.sel("chr1A:1,000,000-1,050,000")  # doctest: +SKIP
    >>> store.genes("chr1A:1,000,000-1,050,000").transcripts  # doctest: +SKIP
    >>> store.windows(21_384).sequence[:100].compute()  # doctest: +SKIP
    """

    @cached_property
    def tree(self) -> xr.DataTree:
        """Everything that is published, as an xarray DataTree backed by Dask: one block for each shard.

        Raises
        ------
        StoreDamagedError
            Now or when it is computed: objects of a group are missing, or not what was written.
        """
        return lazy_tree(self)

    def sel(self, region: str) -> xr.Dataset:
        """All tracks of a region, lazily.

        Parameters
        ----------
        region
            ``contig``, or ``contig:start-end``, 0-based half-open; commas may be used.

        Returns
        -------
        xarray.Dataset
            Dims ``position`` (and ``strand``, ``label_class``, ``phase_class``, ``library``), in plus-strand
            orientation on both strands; ``contig_position`` counts from the contig's first base.

        Raises
        ------
        BadInputError
            No such contig, or a slice outside it.
        """
        row, start, end = self.contigs.parse_region(region)
        begin = int(self.contigs.offsets[row]) + start
        stop = begin + end - start
        variables: dict[str, Any] = {}
        for name, path in {"sequence": "genome/sequence", **self.merged_tracks()}.items():
            array = self.array(path)
            attrs = {key: value for key, value in array.attrs.items() if key in ("long_name", "units", "flag_meanings")}
            variables[name] = (array.dims, lazy_track(self, array, begin, stop), attrs)
        soft_masked = (variables["sequence"][1] & SOFT_MASK) != 0
        variables["soft_masked"] = (("position",), soft_masked, {"long_name": "a lower-case letter in the FASTA"})
        for set_name in self.names("coverage"):
            libraries = self.names(f"coverage/{set_name}")
            for track in ("coverage", "spliced_coverage"):
                arrays = [self.array(f"coverage/{set_name}/{library}/{track}") for library in libraries]
                stacked = da.stack([lazy_track(self, array, begin, stop) for array in arrays])
                dim = f"{set_name}_library"
                variables[f"{set_name}_{track}"] = ((dim, *arrays[0].dims), stacked)
                variables[dim] = ((dim,), np.array(libraries, dtype=object))
        # Of a whole chromosome it would take gigabytes.
        count = np.arange if end - start <= _LONG else da.arange
        coords = {
            "contig_position": ("position", count(start, end)),
            "strand": ("strand", np.array(STRANDS, dtype=object)),
        }
        used = {dim for dims, *_ in variables.values() for dim in dims}
        if "label_class" in used:
            coords["label_class"] = ("label_class", np.array(LABEL_CLASSES, dtype=object))
        if "phase_class" in used:
            coords["phase_class"] = ("phase_class", np.array(PHASE_CLASSES, dtype=object))
        attrs = {"species": self.species, "contig": str(self.contigs.names[row]), "start": start, "end": end}
        return xr.Dataset(variables, coords=coords, attrs=attrs)

    def genes(self, region: str | None = None, name: str | None = None) -> GeneModels:
        """Gene models of a region, or all of them.

        Of a region only the rows that belong to it are read; what finds them is read at the first call and kept.

        Parameters
        ----------
        region
            As in :meth:`sel`. Genes that share a base with it are returned whole, in the order of their places;
            without it all genes, in the order of their table.
        name
            Name of the gene models; None: the only ones there are.

        Returns
        -------
        GeneModels
            Pandas tables ``genes``, ``transcripts``, ``exons`` and ``cds``.

        Raises
        ------
        BadInputError
            No such contig, or a slice outside it.
        MissingInputError
            The store holds no such genes, or several.
        """
        name = self.resolve("genes", name)
        found = read_genes(self, name) if region is None else genes_in_region(self, region, name)
        self.check_unchanged(f"genes/{name}")
        return found

    def export_genes(
        self,
        name: str | None = None,
        *,
        region: str | None = None,
        longest: bool = False,
        code: int = 1,
        **files: str | Path | None,
    ) -> int:
        """Write gene models to files: ``gff3``, ``gtf``, ``bed``, ``cds``, ``proteins``, any of them at once.

        See :func:`helixdask.genes.writing.export.export_genes`.

        Examples
        --------
        >>> store.export_genes("reference", gtf="genes.gtf.gz", proteins="proteins.fa")  # doctest: +SKIP
        """
        from helixdask.genes.writing.export import export_genes
        from helixdask.genes.writing.settings import GeneFiles

        return export_genes(
            self,
            name,
            GeneFiles(**{kind: str(file) for kind, file in files.items() if file is not None}),
            region=region,
            longest=longest,
            code=code,
        )

    def windows(
        self,
        length: int | None = None,
        *,
        labels: str | None = None,
        predictions: str | None = None,
        coverage: str | None = None,
        selection: str | None = None,
        split: str | None = None,
        side: Side | None = None,
        orientation: Orientation = "strand",
        padding: PaddingPlace = "mirrored",
    ) -> xr.Dataset:
        """Windows over all contigs and both strands, or those that were chosen, lazily and as a network is given them.

        Parameters
        ----------
        length
            Bases of a window; None: that of the selection or split, else 21,384.
        labels, predictions, coverage
            Names of what is shown; None: all there is. Of several tables of windows, labels and predictions say whose
            measures are shown.
        selection
            Only the windows of this selection.
        split, side
            Split whose sides are shown; only the windows of ``train`` or ``validation``.
        orientation
            ``strand``: minus windows read 5' to 3', their sequence complemented; ``plus``: all in plus orientation.
        padding
            Where the padding of minus windows at a contig's end lies: ``mirrored`` in front, so that they are the
            reverse complement of plus windows; ``end`` behind the bases, as in Helixer's files.

        Returns
        -------
        xarray.Dataset
            Dims ``window`` and ``offset``. Variables are ``sequence`` and all tracks under their prefixed names;
            classes and libraries are the last dim. Padding is 15 in the sequence, -1 in coverage, NaN in values, and 0
            in all others. Coordinates over ``window`` say where each lies and what was measured:
            ``contig`` (number of ``contig_name``), ``start``, ``end``, ``strand``, ``valid``, ``class_count``,
            ``agreement``, ``stratum``, ``kept``, ``side`` and others. None is an index. Measures are shown where one
            stored table has these windows.

        Raises
        ------
        MissingInputError
            Something that was named is not in the store.
        BadInputError
            What was named does not fit together, or an option has another value.

        Examples
        --------
        >>> ds = store.windows(21_384, side="train")  # doctest: +SKIP
        >>> sure = ds.isel(window=(ds.agreement > 0.9).values)  # doctest: +SKIP
        >>> gc = ds.sequence.isin([0, 3]).mean("offset").groupby(ds.stratum).mean().compute()  # doctest: +SKIP
        """
        for kind, name in (("labels", labels), ("predictions", predictions), ("coverage", coverage)):
            if name is not None:
                self.resolve(kind, name)
        choice = {"labels": labels, "predictions": predictions}
        table = window_table(self, length, **choice, selection=selection, split=split, side=side)
        tracks = {
            name: path
            for name, path in self.merged_tracks().items()
            if choice.get(path.split("/")[0]) in (None, path.split("/")[1])
        }
        layout = WindowLayout(table.attrs["window_length"], orientation, padding)
        sets = None if coverage is None else [coverage]
        shown = lazy_windows(self, windows_of(table), layout, tracks, sets)
        return shown.assign_coords(table.coords).assign_attrs(table.attrs)

    def summary(self) -> dict[str, Any]:
        """What the store holds, as plain values: the genome, and each published group with its attributes."""
        lengths = self.contigs.lengths
        groups: dict[str, Any] = {}
        for kind in KINDS:
            names = self.names(kind)
            if kind == "coverage":
                groups[kind] = {
                    name: {library: self.attrs(f"{kind}/{name}/{library}") for library in self.names(f"{kind}/{name}")}
                    for name in names
                }
            else:
                groups[kind] = {name: self.attrs(f"{kind}/{name}") for name in names}
        return {
            "url": without_secrets(self.url),
            "species": self.species,
            "format": FORMAT_VERSION,
            "n_bases": self.n_bases,
            "n_contigs": len(self.contigs),
            "longest_contig": int(lengths.max(initial=0)),
            "genome": self.attrs("genome"),
            **groups,
            "stale": stale_groups(self),
        }

    def __repr__(self) -> str:
        title = f"<helixdask store of {self.species!r}: {without_secrets(self.url)}>"
        lines = [title, f"  genome       {self.contigs!r}"[:160]]
        for kind in KINDS:
            names = self.names(kind)
            if kind == "coverage":
                names = [f"{name} ({', '.join(self.names(f'coverage/{name}'))})" for name in names]
            if names:
                lines.append(f"  {kind:<12} {', '.join(names)}")
        for group, parents in stale_groups(self).items():
            lines.append(
                f"  out of date: {group}, made from {' and '.join(parents)} before that was made anew or removed"
            )
        return "\n".join(lines)


def open_store(url: str | Path) -> GenomeStore:
    """Open a store by path or URL (any that fsspec opens; ``http(s)`` read-only).

    Raises
    ------
    StoreFormatError
        There is no store, or its format is not this version's.
    """
    return GenomeStore(url)
