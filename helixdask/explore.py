"""A store for people: region strings, xarray, lazy windows.

Opening one imports neither xarray, pandas, Dask's arrays nor numba, which take three times as long as opening it: each
method imports what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helixdask.store.store import Store
from helixdask.views.describe import store_html, store_summary, store_text

if TYPE_CHECKING:
    import xarray as xr

    from helixdask.genes.gene_set import GeneSet
    from helixdask.selection.table import Side
    from helixdask.windows.cut import Orientation, PaddingPlace

if TYPE_CHECKING:
    from helixdask.plot.picture import RegionFigure


class GenomeStore(Store):
    """A store with the verbs that people use.

    Examples
    --------
    >>> import helixdask as hd
    >>> store = hd.open_store("genome.zarr")
    >>> store
    <helixdask store of 'toy': ...genome.zarr>
      genome       <2 contigs, 210,000 bases: one 150,000, two 60,000>
      genes        reference
      labels       reference
      predictions  base
      coverage     rnaseq (leaf, root)
      windows      default
      selections   default
      splits       default
    """

    @cached_property
    def tree(self) -> xr.DataTree:
        """Everything that is published, as an xarray DataTree backed by Dask: one block for each shard.

        Probabilities are float32, however they are stored; all else is as it is stored.

        Raises
        ------
        StoreDamagedError
            Now or when it is computed: objects of a group are missing, or not what was written.

        Examples
        --------
        >>> label = store.tree["labels/reference"].label
        >>> (label == 2).sum("position").compute().values  # coding bases of each strand
        array([15300, 15300])
        """
        from helixdask.views.tree import lazy_tree

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

        Examples
        --------
        >>> view = store.sel("one:2,000-2,600")
        >>> view.reference_label.isel(strand=0).values[[0, 100, 300]]  # UTR, CDS, intron
        array([1, 2, 3], dtype=uint8)
        >>> view.base_class_probability.mean("position").sel(strand="+").round(2).values
        array([0.03, 0.18, 0.47, 0.32], dtype=float32)
        """
        from helixdask.views.region import region_dataset

        return region_dataset(self, region)

    def bins(self, width: int | None = None, reduce: str = "mean") -> xr.Dataset:
        """All tracks, reduced to one value for each bin of the contigs, lazily.

        Parameters
        ----------
        width
            Bases of a bin; the last bin of a contig may be shorter. None: each contig is one bin.
        reduce
            ``mean``, ``sum``, ``max`` or ``min`` over the bases of a bin. Each class of labels counts as a track of
            its own that is 1 at bases of the class and 0 elsewhere: its mean is the share of bases, its sum their
            number. ``gc`` is 1 at G and C, 0 at A and T; other letters, and bases without a value, are left out.

        Returns
        -------
        xarray.Dataset
            float64 variables as in :meth:`sel`, along ``bin`` instead of ``position``, and ``gc`` in place of the
            sequence. Labels have a dimension ``label_class``, phases ``phase_class``, transitions ``transition``.
            ``contig`` (number of ``contig_name``), ``start`` and ``end`` say where each bin lies, half-open.
            One block is the bins that begin in one shard, and is read shard by shard, however wide its bins.

        Raises
        ------
        BadInputError
            The width is below 1, or there is no such reduction.

        Examples
        --------
        >>> coverage = store.bins(10_000).rnaseq_coverage.sum(["rnaseq_library", "strand"])
        >>> coverage[coverage.contig == store.contigs.index("two")].values[:3]
        array([0.64, 0.  , 0.  ])
        >>> store.bins().gc.to_series().round(3).tolist()  # of each contig
        [0.531, 0.504]
        """
        from helixdask.views.bins import bins_dataset

        return bins_dataset(self, width, reduce)

    def genes(self, region: str | None = None, name: str | None = None) -> GeneSet:
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
        GeneSet
            Pandas tables ``genes``, ``transcripts``, ``exons``, ``cds`` and ``introns``.

        Raises
        ------
        BadInputError
            No such contig, or a slice outside it.
        MissingInputError
            The store holds no such genes, or several.

        Examples
        --------
        >>> store.genes().genes.groupby("contig").size().to_dict()
        {'one': 100, 'two': 2}
        """
        from helixdask.genes.gene_set import GeneSet
        from helixdask.genes.lookup import genes_in_region
        from helixdask.genes.table import read_genes

        name = self.resolve("genes", name)
        found = read_genes(self, name) if region is None else genes_in_region(self, region, name)
        self.check_unchanged(f"genes/{name}")
        return GeneSet(found, self.contigs.names, name)

    def plot(
        self, region: str, path: str | Path | None = None, *, tracks: Sequence[str] | None = None
    ) -> RegionFigure | None:
        """Draw genes and tracks of a region: for a notebook, or into a file.

        Each pixel is the mean of its bases. Tracks that hold nothing in the region are named below the picture.

        Parameters
        ----------
        region
            As in :meth:`sel`, at most 20 Mb.
        path
            File to write as PNG, SVG or PDF, by its ending; None: the figure is returned.
        tracks
            What is drawn, in this order: kinds (``genes``), groups (``predictions/base``, ``coverage/rnaseq/leaf``)
            or ``genome/sequence``. None: everything.

        Returns
        -------
        matplotlib.figure.Figure or None
            The figure, which notebooks show; None where it was written to a file.

        Raises
        ------
        BadInputError
            No such region or track, the region is too long, the store holds nothing to draw, or the file cannot be
            written.
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> figure = store.plot("one:0-10,000", tracks=["genes", "predictions/base"])
        >>> len(figure.axes)
        2
        >>> store.plot("one:0-10,000", "region.png")
        """
        from helixdask.figures import check_matplotlib, save_figure

        check_matplotlib()
        from helixdask.plot.picture import DOTS, region_figure

        figure = region_figure(self, region, tracks)
        if path is None:
            return figure
        save_figure(figure, path, dpi=DOTS, title=figure.title)
        return None

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
        >>> store.export_genes("reference", gtf="genes.gtf.gz", proteins="proteins.fa")
        102
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
            Split whose sides are shown; only the windows of ``train``, ``validation`` or ``test``.
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
        >>> ds = store.windows(10_000)
        >>> ds.sizes["window"], store.windows(side="train").sizes["window"]
        (42, 30)
        >>> sure = ds.isel(window=(ds.agreement > 0.9).values)
        >>> gc = ds.sequence.isin([0, 3]).mean("offset").groupby(ds.stratum).mean()
        >>> gc.round(2).values
        array([0.55, 0.51, 0.5 ])
        """
        from helixdask.selection.table import window_table, windows_of
        from helixdask.windows.cut import WindowLayout
        from helixdask.windows.view import lazy_windows

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
        """What the store holds, as plain values: the genome, and each published group with its attributes.

        Examples
        --------
        >>> store.summary()["n_contigs"]
        2
        """
        return store_summary(self)

    def __repr__(self) -> str:
        return store_text(self)

    def _repr_html_(self) -> str:
        return store_html(self)


def open_store(url: str | Path) -> GenomeStore:
    """Open a store by path or URL (any that fsspec opens; ``http(s)`` read-only).

    Raises
    ------
    StoreFormatError
        There is no store, or its format is not this version's.

    Examples
    --------
    >>> open_store("genome.zarr").species
    'toy'
    """
    return GenomeStore(url)
