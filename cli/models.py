"""Commands around a network by itself: predict, and models, the list of those there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import CoverageNorm, Output, Rules, RulesOption, with_run_options
from helixdask.cli.report import print_facts, print_json, print_summaries, print_table, say
from helixdask.errors import BadInputError

__all__ = ["ModelOption", "models", "predict", "resolved"]


ModelOption = Annotated[
    Path, typer.Option(help="A model: .keras, Helixer's .h5, or a name or lineage of its published ones.")
]


def resolved(model: Path) -> str:
    """The file that --model means; a published model is downloaded if it is not here yet."""
    from helixdask.trainer.network.published import model_path

    return model_path(str(model))


@with_run_options
def predict(
    store: StoreUrl,
    model: ModelOption,
    name: Annotated[str | None, typer.Option(help="Name of the predictions. Default: the model file's name.")] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a window. Default: what the model says.")
    ] = None,
    overlap: Annotated[bool, typer.Option(help="Average overlapping windows; better at their ends.")] = True,
    overlap_offset: Annotated[
        int | None, typer.Option(min=1, help="Bases from window to window. Default: half a window.")
    ] = None,
    core_length: Annotated[
        int | None, typer.Option(min=1, help="Middle of a window that counts. Default: three quarters.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a batch.")] = None,
    precision: Annotated[
        str, typer.Option(help="How probabilities are kept: float16, or uint8 at half the size.")
    ] = "float16",
    coverage: Annotated[str | None, typer.Option(help="Coverage set, for a model that sees coverage.")] = None,
    coverage_norm: Annotated[
        CoverageNorm | None, typer.Option(help="Normalisation. Default: what the model was tuned with.")
    ] = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Predict class and phase of every base of both strands."""
    from helixdask.engine.run import run_stage
    from helixdask.trainer.recipes import predict_stage
    from helixdask.trainer.runtime import require_tensorflow

    if not output.dry_run:
        require_tensorflow()
    stage = predict_stage(
        store,
        resolved(model),
        name=name,
        window_length=window_length,
        overlap=overlap,
        overlap_offset=overlap_offset,
        core_length=core_length,
        batch_size=batch_size,
        precision=precision,
        coverage=coverage,
        coverage_norm=coverage_norm.value if coverage_norm else None,
        rules=rules.value,
    )
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


def models(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="A model's file, name or lineage: show its card.")
    ] = None,
    helixer: Annotated[
        Path | None, typer.Option(metavar="OUT.h5", help="Write the model as a file that Helixer itself loads.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List Helixer's published models and which of them are here; or show one model, whoever made it.

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
    found = describe_model(resolved(model))
    if helixer is not None:
        from helixdask.trainer.network.helixer_write import write_helixer_h5
        from helixdask.trainer.network.model_file import load_model
        from helixdask.trainer.network.spec import weight_shapes

        network = load_model(found.path).network
        weights = {name: network.get_layer(name).get_weights() for name in weight_shapes(found.spec)}
        write_helixer_h5(helixer, found.spec, weights)
        say(f"written: {helixer}")
        return
    card = {key: value for key, value in found.card.items() if value not in (None, [], {})}
    facts = {"file": found.path, "sha256": found.digest, "weights": parameter_count(found.spec)}
    if as_json:
        print_json(facts | {"network": found.spec.to_dict(), "card": card})
        return
    verdict = (card.pop("verdict", None) or {}).get("text")
    scores = card.pop("scores", [])
    card["epochs"] = sum(row.get("epoch", 0) > 0 for row in scores)
    card["training_stores"] = [store.get("species", store) for store in card.get("training_stores", [])]
    print_facts(found.card["name"] or model.name, facts | found.spec.to_dict() | card)
    if verdict:
        say(verdict, style="bold")


def _print_published(*, as_json: bool) -> None:
    from helixdask.trainer.network.published import find, model_folder, published_models

    columns = ["lineage", "name", "since", "window", "here"]
    rows = [[m.lineage, m.name, m.since, m.window, str(find(m) or "")] for m in published_models()]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table("Helixer's published models, the recommended one of each lineage first", columns, rows)
    say(f"downloaded ones are kept in {model_folder()}")
