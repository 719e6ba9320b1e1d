"""Commands around a network by itself: predict, and models, the list of those there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.options import Options, RunningOnDevices, StoreUrl
from helixdask.cli.report import give, print_facts, print_table, print_written, run_and_print, say
from helixdask.errors import BadInputError
from helixdask.trainer.prediction.settings import PredictSettings

ModelOption = Annotated[
    str,
    typer.Option(
        metavar="PATH",
        help="A model: .keras, Helixer's .h5, fungi-mini or another that comes along, or a published name or lineage.",
    ),
]


def resolved(model: str) -> str:
    """The file that --model means; a published model is downloaded if it is not here yet."""
    from helixdask.trainer.network.published import model_path

    return model_path(model)


def predict(
    store: StoreUrl,
    model: ModelOption,
    settings: Annotated[PredictSettings, Options(without=("threads",))],
    output: RunningOnDevices,
) -> None:
    """Predict class and phase of every base of both strands."""
    from helixdask.trainer.prediction.stage import PredictStage
    from helixdask.trainer.runtime import require_tensorflow

    if not output.dry_run:
        require_tensorflow()
    run_and_print(PredictStage.for_model(store, resolved(model), settings), store, output)


def models(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="A model's file, name or lineage: show its card.")
    ] = None,
    helixer: Annotated[
        Path | None, typer.Option(metavar="OUT.h5", help="Write the model as a file that Helixer itself loads.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the models that come along and Helixer's published ones, and which of those are here; or show one model.

    A published model is downloaded when it is first asked for, here or with --model. They are kept in a folder of your
    own (HELIXDASK_MODELS names another); those that a Helixer installation has are used where they are.
    """
    if model is None:
        if helixer is not None:
            raise BadInputError("no model to write", remedy="helixdask models MODEL --helixer OUT.h5")
        _print_published(as_json=as_json)
        return
    from helixdask.outputs import check_outputs
    from helixdask.trainer.network.describe import describe_model
    from helixdask.trainer.network.spec import parameter_count

    check_outputs(helixer)
    found = describe_model(resolved(str(model)))
    if helixer is not None:
        from helixdask.trainer.network.helixer_write import write_helixer_h5
        from helixdask.trainer.network.model_file import load_model
        from helixdask.trainer.network.spec import weight_shapes

        network = load_model(found.path).network
        weights = {name: network.get_layer(name).get_weights() for name in weight_shapes(found.spec)}
        write_helixer_h5(helixer, found.spec, weights)
        print_written(helixer)
        return
    card = {key: value for key, value in found.card.items() if value not in (None, [], {})}
    facts = {"file": found.path, "sha256": found.digest, "weights": parameter_count(found.spec)}
    if give(facts | {"network": found.spec.to_dict(), "card": card}, as_json=as_json):
        return
    verdict = (card.pop("verdict", None) or {}).get("text")
    scores = card.pop("scores", [])
    card["epochs"] = sum(row.get("epoch", 0) > 0 for row in scores)
    card["training_stores"] = [store.get("species", store) for store in card.get("training_stores", [])]
    print_facts(found.card["name"] or model.name, facts | found.spec.to_dict() | card)
    if verdict:
        say(verdict, style="bold")


def _print_published(*, as_json: bool) -> None:
    from helixdask.trainer.base_models import shipped_models
    from helixdask.trainer.network.published import find, model_folder, published_models

    columns = ["lineage", "name", "since", "window", "here"]
    shipped = shipped_models()
    rows = [[m.lineage, m.name, m.since, m.window, str(find(m) or "")] for m in published_models()]
    ours = [{"lineage": "", "name": m.name, "about": m.about, "here": str(m.path)} for m in shipped]
    if give([*ours, *(dict(zip(columns, row, strict=True)) for row in rows)], as_json=as_json):
        return
    print_table("Models that come with helixdask", ["name", "for"], [[m.name, m.about] for m in shipped])
    print_table("Helixer's published models, the recommended one of each lineage first", columns, rows)
    say(f"downloaded ones are kept in {model_folder()}")
