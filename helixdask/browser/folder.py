"""Writing the folder: all files and settings, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helixdask.browser.gene_file import needs_csi, write_genes
from helixdask.browser.igv import igv_session, igv_xml
from helixdask.browser.jbrowse import jbrowse_config
from helixdask.browser.mask_file import write_masks
from helixdask.browser.read_me import read_me
from helixdask.browser.sequence_file import write_sequence
from helixdask.browser.tracks import (
    CLASS_COLOURS,
    SEQUENCE,
    BrowserTrack,
    coverage_track,
    first_place,
    gene_track,
    mask_track,
    other_track,
    prediction_track,
)
from helixdask.browser.web_page import web_page
from helixdask.engine.progress import WorkProgress
from helixdask.exchange.bigwig import export_bigwig, export_probability_bigwig, export_track_bigwig
from helixdask.genes.models import GeneModels
from helixdask.genes.table import read_genes
from helixdask.store.lineage import predictions_of, provenance
from helixdask.store.store import Store
from helixdask.whole_files import whole_folder

JBROWSE: Final = "config.json"
IGV: Final = "igv_desktop.xml"
IGV_WEB: Final = "igv_web.json"
PAGE: Final = "index.html"
README: Final = "README.txt"


@dataclass(frozen=True)
class Chosen:
    """Groups that are written, by kind.

    Attributes
    ----------
    genes, labels, predictions, coverage, tracks
        Names.
    """

    genes: tuple[str, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    coverage: tuple[str, ...]
    tracks: tuple[str, ...]

    @classmethod
    def of(
        cls,
        store: Store,
        genes: str | None = None,
        predictions: str | None = None,
        coverage: str | None = None,
        labels: str | None = None,
    ) -> Chosen:
        """Everything, or of a kind what was named.

        Raises
        ------
        MissingInputError
            The store does not hold it.
        """
        named = {"genes": genes, "labels": labels, "predictions": predictions, "coverage": coverage, "tracks": None}
        return cls(
            **{
                kind: tuple(store.names(kind)) if name is None else (store.resolve(kind, name),)
                for kind, name in named.items()
            }
        )


def write_browser_folder(
    store: Store, folder: str | Path, chosen: Chosen | None = None, *, quiet: bool = False
) -> None:
    """Write a folder for IGV, JBrowse 2 and web browsers, whole or not at all.

    It holds ``genome.fa.gz`` (bgzip, with ``.fai`` and ``.gzi``), a GFF3 of each gene set and a BED of what each labels
    mask (bgzip, with a tabix index), bigWig files of class probabilities, coverage and other tracks, ``config.json`` of
    JBrowse 2, a session of IGV for the desktop, a page that shows all of it with igv.js, and a text that says how to
    open them. All places of files are relative.

    Parameters
    ----------
    store
        The store.
    folder
        A folder that is not there yet, or is empty.
    chosen
        What is written; None: everything.
    quiet
        Show no progress.

    Raises
    ------
    BadInputError
        The folder holds something, or cannot be written.
    StoreChangedError
        A group was replaced meanwhile.
    """
    chosen = chosen or Chosen.of(store)
    n_files = 1 + 2 * len(chosen.labels) + len(CLASS_COLOURS) * 2 * len(chosen.predictions) + len(chosen.tracks)
    n_files += sum(4 * len(store.names(f"coverage/{name}")) for name in chosen.coverage)
    with (
        whole_folder(folder) as aside,
        WorkProgress(f"files for browsers: {Path(folder).name}", store.n_bases * n_files, quiet=quiet) as progress,
    ):
        write_sequence(store, aside / SEQUENCE, progress.advance)
        sets = {name: read_genes(store, name) for name in chosen.genes}
        for name, models in sets.items():
            write_genes(store, models, _path(aside, gene_track(name)))
        tracks = [*_other_files(store, aside, chosen, progress)]
        ordered = _ordered(store, sets, tracks)
        place, csi = first_place(store.contigs, [*sets.values()]), needs_csi(store)
        config = jbrowse_config(store.species, ordered, place, csi=csi)
        session = igv_session(store.species, ordered, place, csi=csi)
        for name, settings in ((JBROWSE, config), (IGV_WEB, session)):
            (aside / name).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
        (aside / IGV).write_text(igv_xml(ordered, place, csi=csi), encoding="utf-8")
        (aside / PAGE).write_text(web_page(store.species, IGV_WEB), encoding="utf-8")
        (aside / README).write_text(read_me(store.species, Path(folder).absolute().name, ordered), encoding="utf-8")
        store.check_unchanged()


def _other_files(store: Store, aside: Path, chosen: Chosen, progress: WorkProgress) -> Iterator[BrowserTrack]:
    """Write masks and bigWig files."""
    for name in chosen.labels:
        if write_masks(store, name, _path(aside, mask_track(name)), progress.advance):
            yield mask_track(name)
    for name in chosen.predictions:
        export_probability_bigwig(
            store, aside / "predictions", name, classes=tuple(CLASS_COLOURS), tell=progress.advance
        )
        yield prediction_track(name)
    for name in chosen.coverage:
        files = export_bigwig(store, aside / "coverage" / name, name, tell=progress.advance)
        for library in store.names(f"coverage/{name}"):
            track = coverage_track(name, library, [file.name for file in files])
            if track.files:
                yield track
    for name in chosen.tracks:
        for kind in ("mask", "value"):
            if store.has_array(f"tracks/{name}/{kind}"):
                export_track_bigwig(store, aside / "tracks", name, kind, tell=progress.advance)
                yield other_track(name, kind)


def _ordered(store: Store, sets: dict[str, GeneModels], others: Sequence[BrowserTrack]) -> list[BrowserTrack]:
    """Genes that were read first; each predictions with the genes called from them; then the rest.

    What labels mask stands below the genes that they were made from.
    """
    masks = {track.group.partition("/")[2]: track for track in others if track.kind == "labels"}
    painted = {name: provenance(store, f"labels/{name}").settings.get("genes") for name in masks}

    def with_masks(genes: str) -> list[BrowserTrack]:
        return [gene_track(genes), *(masks.pop(name) for name, of in painted.items() if of == genes)]

    source = {name: predictions_of(store, name) for name, models in sets.items() if len(models)}
    predictions = {track.group.partition("/")[2]: track for track in others if track.kind == "predictions"}
    ordered = [track for name, origin in source.items() if origin not in predictions for track in with_masks(name)]
    for name, track in predictions.items():
        ordered.append(track)
        ordered += [each for genes, origin in source.items() if origin == name for each in with_masks(genes)]
    return [*ordered, *masks.values(), *(track for track in others if track.kind not in ("predictions", "labels"))]


def _path(folder: Path, track: BrowserTrack) -> Path:
    path = folder / track.files[0].path
    path.parent.mkdir(exist_ok=True)
    return path
