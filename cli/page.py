"""The command that shows a whole run on one page: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.report import give, print_written
from helixdask.errors import BadInputError

Sources = Annotated[
    list[str], typer.Argument(metavar="STORE|MODEL...", help="Stores, models (.keras, .h5), or both, in any order.")
]
PageFile = Annotated[Path, typer.Option("--output", "-o", metavar="HTML", help="The page to write.")]


AsJson = Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")]


def report(sources: Sources, page: PageFile, as_json: AsJson = False) -> None:
    """Show a whole run on one page: genome, findings, libraries, windows, sides, kinship, leakage, models, genes, cost.

    The page needs nothing else and can be sent by mail. What is not there yet is named on it.
    """
    from helixdask.outputs import check_outputs
    from helixdask.report.page import write_run_report
    from helixdask.store.root import is_store
    from helixdask.store.store import Store
    from helixdask.trainer.network.describe import describe_model

    check_outputs(page)
    if page.suffix.lower() not in (".html", ".htm"):
        raise BadInputError("the report is an HTML page", where=str(page), remedy="End the name in .html.")
    stores, cards = [], []
    for source in sources:
        if is_store(source):
            stores.append(Store.open(source))
        elif Path(source).is_file():
            found = describe_model(source)
            cards.append({**found.card, "name": found.card["name"] or Path(source).stem})
        else:
            raise BadInputError("neither a store nor a model", where=source, remedy="Check the path.")
    write_run_report(stores, cards, page)
    if not give({"written": [{"file": str(page), "kind": "report"}]}, as_json=as_json):
        print_written(page)
