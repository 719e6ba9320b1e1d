"""A store as an HDF5 file laid out the way Helixer writes and reads it."""

from __future__ import annotations

import datetime
import logging
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.exchange.chunk_writer import RowWriter
from helixdask.exchange.helixer_columns import (
    ID_BYTES,
    SPECIES_BYTES,
    Block,
    Column,
    coverage_columns,
    label_columns,
    prediction_columns,
    row_columns,
    sequence_column,
)
from helixdask.exchange.settings import Compression, ExportSettings, Order
from helixdask.genes.table import places_in_file
from helixdask.public_names import public_name
from helixdask.settings import check_settings
from helixdask.store.objects import disk_errors, whole_file
from helixdask.store.store import Store
from helixdask.windows.grid import WindowGrid, Windows

log = logging.getLogger(__name__)

_BASES_PER_BLOCK: Final = 1 << 21
_BAM_PATH_BYTES: Final = 512


def export_helixer(store: Store, path: str | Path, window_length: int, settings: ExportSettings | None = None) -> int:
    """Write windows of a store into one HDF5 file, in Helixer's layout; memory does not grow with the genome.

    Parameters
    ----------
    store
        The store.
    path
        The file; replaced if it is there, and only when the new one is complete.
    window_length
        Bases of a row.
    settings
        What the file holds; None: the sequence.

    Returns
    -------
    Number of rows.

    Raises
    ------
    MissingInputError
        Something that was asked for is not in the store.
    BadInputError
        Two ids are the same in the 50 bytes that the layout has for them, or an option cannot be used.
    """
    asked = settings or ExportSettings()
    check_settings(asked)
    coverage, compression = asked.coverage, asked.compression
    labels = None if asked.labels is None else store.resolve("labels", asked.labels)
    predictions = None if asked.predictions is None else store.resolve("predictions", asked.predictions)
    alternative = {name: store.resolve("labels", source) for name, source in asked.alternative.items()}
    libraries = [] if coverage is None else store.names(f"coverage/{store.resolve('coverage', coverage)}")
    annotated = {name: annotated_contigs(store, name) for name in {labels, *alternative.values()} - {None} if name}
    contigs = _contig_order(store, asked.order or ("length" if labels else "file"), labels, annotated.get(labels or ""))
    grid = WindowGrid(store.contigs.lengths[contigs], window_length)

    seqids, species = _fixed_ids(store), _cut(store.species, SPECIES_BYTES)
    columns = [*row_columns("data", seqids, species)]
    if asked.sequence:
        columns.append(sequence_column(window_length))
    if labels:
        columns.extend(label_columns("data", labels, window_length, annotated[labels], asked.version))
    for name, source in alternative.items():
        folder = f"alternative/{name}"
        columns.extend(row_columns(folder, seqids, species))
        columns.extend(label_columns(folder, source, window_length, annotated[source], asked.version))
    if coverage is not None:
        columns.extend(coverage_columns(coverage, libraries, window_length))
    if predictions:
        columns.extend(prediction_columns(store, predictions, window_length))

    target = Path(path)
    try:
        with disk_errors(str(target)), whole_file(target) as aside, h5py.File(aside, "w") as file:
            file.attrs.update(_root_attributes(store))
            if predictions:
                file.attrs.update(_model_attributes(store, predictions))
            if coverage is not None:
                _write_library_paths(file, store, coverage, libraries)
            _write_columns(file, columns, store, grid, contigs, compression)
            store.check_unchanged()
    except FileNotFoundError as error:
        raise BadInputError("there is no such folder", where=str(target.parent), remedy="Make it first.") from error
    return len(grid)


def _write_columns(
    file: h5py.File,
    columns: list[Column],
    store: Store,
    grid: WindowGrid,
    contigs: NDArray[np.int64],
    compression: Compression,
) -> None:
    datasets = [_create(file, column, len(grid), compression) for column in columns]
    step = max(1, _BASES_PER_BLOCK // grid.window_length)
    with RowWriter() as writer:
        for start in range(0, len(grid), step):
            found = grid.windows(start, start + step)
            block = Block(store, _of_contigs(found, contigs), grid.window_length)
            before = writer.waiting
            for column, dataset in zip(columns, datasets, strict=True):
                writer.write(dataset, start, column.make(block))
            writer.flush(leave=writer.waiting - before)
        writer.flush()


def _of_contigs(windows: Windows, contigs: NDArray[np.int64]) -> Windows:
    """Turn places in the order of the file into rows of the contig table."""
    return windows._replace(contig=contigs[windows.contig].astype(np.int32))


def _create(file: h5py.File, column: Column, rows: int, compression: Compression) -> h5py.Dataset:
    maxshape: list[int | None] = [None, *column.tail]
    if column.growing is not None:
        maxshape[column.growing] = None
    kind = column.compression or compression
    return file.create_dataset(
        column.path,
        shape=(rows, *column.tail),
        maxshape=tuple(maxshape),
        chunks=column.chunk or (1, *column.tail),
        dtype=column.dtype,
        compression=kind,
        compression_opts=4 if kind == "gzip" else None,
        shuffle=bool(column.tail),
        fillvalue=column.fill,
    )


def annotated_contigs(store: Store, labels: str) -> NDArray[np.bool_]:
    """Which contigs hold any base that is labelled as part of a gene, on either strand: ``(contig,)`` bool."""
    annotated = np.zeros(len(store.contigs), np.bool_)
    step = 4 * _BASES_PER_BLOCK
    for start in range(0, store.n_bases, step):
        label = store.read(f"labels/{labels}/label", start, min(start + step, store.n_bases))
        annotated[store.contigs.holding(start, label)] = True
    return annotated


def _contig_order(
    store: Store, order: Order, labels: str | None, annotated: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    rows = np.arange(len(store.contigs))
    if order == "file":
        return rows
    bare = np.zeros(len(rows), np.bool_) if annotated is None else ~annotated
    by_length: NDArray[np.int64] = np.lexsort((rows, _rank_in_annotation(store, labels), bare, -store.contigs.lengths))
    return by_length


def _rank_in_annotation(store: Store, labels: str | None) -> NDArray[np.int64]:
    """When each contig first occurs in the annotation that labels were made from: GeenuFF's way to settle ties."""
    rank = np.full(len(store.contigs), np.iinfo(np.int64).max)
    if labels and store.is_complete(f"genes/{labels}"):
        contig = np.asarray(store.array(f"genes/{labels}/gene_contig")[...])
        np.minimum.at(rank, contig, places_in_file(store, labels))
    return rank


def _fixed_ids(store: Store) -> NDArray[np.bytes_]:
    """Ids of all contigs in the layout's 50 bytes; a warning where that cuts one, an error where it makes two equal."""
    names = [str(name) for name in store.contigs.names.tolist()]
    ids = [_cut(name, ID_BYTES) for name in names]
    long = [name for name in names if len(name.encode()) > ID_BYTES]
    if long:
        log.warning("%d ids are cut to %d bytes, as the layout wants, such as %r", len(long), ID_BYTES, long[0])
        first, count = Counter(ids).most_common(1)[0]
        if count > 1:
            same = [name for name, short in zip(names, ids, strict=True) if short == first]
            raise BadInputError(
                f"the ids {same[0]!r} and {same[1]!r} are the same in their first {ID_BYTES} bytes, all that fits",
                where=store.url,
                remedy="Helixer's files cannot hold both: give the contigs shorter ids and encode again.",
            )
    return np.array(ids, dtype=f"S{ID_BYTES}")


def _cut(text: str, size: int) -> bytes:
    """First bytes of a text, never half a character."""
    return text.encode()[:size].decode("utf-8", "ignore").encode()


def _root_attributes(store: Store) -> dict[str, str]:
    made_by = f"helixdask {version('helixdask')}"
    return {
        "timestamp": str(datetime.datetime.now()),
        "input_path": str(store.attrs("genome").get("fasta") or public_name(store.url)),
        "geenuff_commit": made_by,
        "helixer_commit": made_by,
    }


def _model_attributes(store: Store, predictions: str) -> dict[str, str]:
    """What HelixerPost writes into its GFF3 about the model."""
    attrs = store.attrs(f"predictions/{predictions}")
    found = {"model_md5sum": attrs.get("model_digest"), "model_path": public_name(attrs.get("model_path") or "")}
    return {name: str(value) for name, value in found.items() if value}


def _write_library_paths(file: h5py.File, store: Store, set_name: str, libraries: list[str]) -> None:
    paths = [_cut(path, _BAM_PATH_BYTES) for path in _library_paths(store, set_name, libraries)]
    file.create_dataset(
        "evaluation/rnaseq_meta/bam_files",
        data=np.array(paths, dtype=f"S{_BAM_PATH_BYTES}"),
        maxshape=(None,),
        chunks=(max(1, len(paths)),),
    )


def _library_paths(store: Store, set_name: str, libraries: list[str]) -> Iterator[str]:
    for library in libraries:
        attrs: dict[str, Any] = store.attrs(f"coverage/{set_name}/{library}")
        yield public_name(attrs.get("path") or library)
