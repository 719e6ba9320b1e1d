"""The command track: other per-base tracks from files of intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import AliasesOption, Output, with_run_options
from helixdask.cli.report import print_summaries
from helixdask.errors import BadInputError

__all__ = ["track"]


@with_run_options
def track(
    store: StoreUrl,
    bed: Annotated[Path | None, typer.Option(help="Intervals as BED.")] = None,
    gff3: Annotated[Path | None, typer.Option(help="Intervals as GFF3, such as repeats.")] = None,
    bedgraph: Annotated[Path | None, typer.Option(help="Values as bedGraph.")] = None,
    repeatmasker: Annotated[Path | None, typer.Option(metavar="OUT", help="RepeatMasker's .out file.")] = None,
    name: Annotated[str, typer.Option(help="Name of the track.")] = "repeats",
    feature_type: Annotated[
        list[str] | None, typer.Option("--type", help="Of GFF3 only features of this type. May be repeated.")
    ] = None,
    aliases: AliasesOption = None,
    *,
    output: Output,
) -> None:
    """Put intervals (repeats) or values (scores) of a file beside the genome, base by base."""
    from helixdask.engine.run import run_stage
    from helixdask.tracks.stage import TrackStage

    kinds = {"bed": bed, "gff3": gff3, "bedgraph": bedgraph, "repeatmasker": repeatmasker}
    given = [(kind, path) for kind, path in kinds.items() if path is not None]
    if len(given) != 1:
        raise BadInputError(
            "one file is needed" if not given else "several files were given",
            remedy="Give one of --bed, --gff3, --bedgraph, --repeatmasker; every file gets a track of its own name.",
        )
    kind, path = given[0]
    stage = TrackStage(
        file=str(path),
        kind=kind,
        output=name,
        aliases=str(aliases) if aliases else None,
        types=tuple(feature_type or ()),
    )
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)
