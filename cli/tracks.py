"""The command track: other per-base tracks from files of intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.options import Running, StoreUrl
from helixdask.cli.report import run_and_print
from helixdask.errors import BadInputError
from helixdask.tracks.settings import TrackSettings


def track(
    store: StoreUrl,
    bed: Annotated[Path | None, typer.Option(help="Intervals as BED.")] = None,
    gff3: Annotated[Path | None, typer.Option(help="Intervals as GFF3, such as repeats.")] = None,
    bedgraph: Annotated[Path | None, typer.Option(help="Values as bedGraph.")] = None,
    repeatmasker: Annotated[Path | None, typer.Option(metavar="OUT", help="RepeatMasker's .out file.")] = None,
    *,
    settings: TrackSettings,
    output: Running,
) -> None:
    """Put intervals (repeats) or values (scores) of a file beside the genome, base by base."""
    from helixdask.tracks.stage import TrackStage

    kinds = {"bed": bed, "gff3": gff3, "bedgraph": bedgraph, "repeatmasker": repeatmasker}
    given = [(kind, path) for kind, path in kinds.items() if path is not None]
    if len(given) != 1:
        raise BadInputError(
            "one file is needed" if not given else "several files were given",
            remedy="Give one of --bed, --gff3, --bedgraph, --repeatmasker; every file gets a track of its own name.",
        )
    kind, path = given[0]
    run_and_print(TrackStage(file=str(path), kind=kind, **vars(settings)), store, output)
