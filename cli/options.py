"""Options made from settings, so that defaults, ranges and meanings are said once; and those that commands share."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer

from helixdask.engine.settings import RunSettings
from helixdask.errors import BadInputError
from helixdask.settings import Setting, Shown, settings_of

if TYPE_CHECKING:
    from helixdask.engine.cluster import RunOptions

Command = Callable[..., None]
StoreUrl = Annotated[str, typer.Argument(metavar="STORE", help="Folder or URL of the store.")]
NewStore = Annotated[str, typer.Option("--output", "-o", metavar="STORE", help="Folder or URL of the new store.")]


@dataclass(frozen=True)
class Options:
    """Which fields of a settings class a command has as options; stands in the `Annotated` type of a parameter.

    Parameters
    ----------
    only, without
        Names of fields.
    panel
        Part of the help that lists them.
    panels
        Such parts for some of the fields.
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    panel: str | None = None
    panels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def parameters(self, cls: type) -> dict[str, inspect.Parameter]:
        """A parameter of the command for each field that has an option, by the field's name."""
        chosen = (
            setting
            for setting in settings_of(cls).values()
            if setting.field not in self.without and (not self.only or setting.field in self.only)
        )
        panel_of = {name: panel for panel, names in self.panels.items() for name in names}
        return {setting.field: _parameter(setting, panel_of.get(setting.field, self.panel)) for setting in chosen}


@dataclass(frozen=True)
class Output(RunSettings):
    """What every command is told about running and reporting.

    Parameters
    ----------
    json
        Print the result as JSON.
    """

    json: bool = False

    def run_options(self) -> RunOptions:
        """The same, as the engine takes it."""
        from helixdask.engine.cluster import RunOptions

        return RunOptions(**{each.name: getattr(self, each.name) for each in fields(RunSettings)})


RunningOnDevices = Annotated[Output, Options(panel="How to run")]
"""For commands that predict, among other things."""
Running = Annotated[Output, Options(without=("devices",), panel="How to run")]
"""For commands that work on a store."""
Reading = Annotated[Output, Options(without=("devices", "memory_limit", "dry_run", "replace"), panel="How to run")]
"""For commands that go through a store and change nothing that could be planned or replaced."""


def with_settings(command: Command) -> Command:
    """Let a command take settings: each parameter whose type is a settings class becomes the options of its fields.

    Fields of several classes that have the same option share it, also with a parameter of that name.
    """
    parameters = inspect.signature(command, eval_str=True).parameters
    options: dict[str, inspect.Parameter] = {}
    taken: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {}
    for name, parameter in parameters.items():
        kind, how = _settings_class(parameter.annotation)
        if kind is None:
            setting = Setting.of(name, parameter.annotation, parameter.default)
            is_shown = setting.shown != Shown()
            options[name] = _parameter(setting) if is_shown else parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            continue
        made = how.parameters(kind)
        taken[name] = kind, {field: option.name for field, option in made.items()}
        for option in made.values():
            options.setdefault(option.name, option)

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        settings = {
            name: kind(**{field: values[option] for field, option in names.items() if values[option] is not None})
            for name, (kind, names) in taken.items()
        }
        command(**{name: value for name, value in given.items() if name in parameters}, **settings)

    del wrapped.__wrapped__  # typer follows it back to the command without these options
    wrapped.__signature__ = inspect.Signature([*options.values()])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {name: option.annotation for name, option in options.items()}
    return wrapped


def _settings_class(annotation: Any) -> tuple[type | None, Options]:
    kind, *notes = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    how = next((note for note in notes if isinstance(note, Options)), Options())
    return (kind, how) if is_dataclass(kind) and isinstance(kind, type) else (None, how)


def _parameter(setting: Setting, panel: str | None = None) -> inspect.Parameter:
    """A parameter that typer makes the option of a field from."""
    kind, default, shown = setting.type, setting.default, setting.shown
    names = [setting.option, *(shown.option or "").split()[1:]]
    name = setting.option.lstrip("-").replace("-", "_")
    more: dict[str, Any] = {"help": setting.meaning, "metavar": shown.metavar, "rich_help_panel": panel}
    more |= {"min": shown.min, "max": shown.max, "show_default": True if shown.default is None else str(shown.default)}
    if kind in (bool, bool | None) and default is not False:
        names[0] += f"/--no-{names[0].lstrip('-')}"
    elif kind == tuple[str, ...]:
        kind, default = (list[str], default) if default is MISSING else (list[str] | None, None)
    elif kind == tuple[float, ...] | None:
        kind, more["parser"] = str | None, functools.partial(_numbers, names[0])
    if default is MISSING:
        default = inspect.Parameter.empty
    made = typer.Argument(**more) if shown.argument else typer.Option(*names, **more)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, made])


def _numbers(option: str, text: str) -> tuple[float, ...]:
    if text == "none":
        return ()
    try:
        return tuple(float(value) for value in json.loads(text))
    except (TypeError, ValueError):
        raise BadInputError(f"{option} is {text!r}", remedy="Write numbers like [0.7,1.6,1.2,1.2], or none.") from None
