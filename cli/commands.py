"""Which commands there are; what a command is made of is imported, and its options made, when it is used."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from helixdask.cli.examples import epilog_of
from helixdask.cli.options import with_settings
from helixdask.cli.showing import with_showing

_MARKUP: Final = "markdown"
_NAMES: Final = {"import": "import_helixer"}  # a word that Python keeps for itself
_PANELS: Final[Mapping[str, Mapping[str, str]]] = {
    "The whole way": {"prepare": "recipes", "tune": "training", "annotate": "recipes"},
    "Single steps": {
        "encode": "data",
        "labels": "data",
        "coverage": "coverage",
        "track": "tracks",
        "predict": "models",
        "call": "results",
        "windows": "data",
        "kinship": "kinship",
        "select": "data",
        "split": "data",
        "train": "training",
    },
    "Looking and exchanging": {
        "evaluate": "evaluate",
        "report": "page",
        "models": "models",
        "inspect": "results",
        "verify": "store_care",
        "remove": "store_care",
        "import": "exchange",
        "export": "exchange",
        "simulate": "data",
        "demo": "demo",
        "doctor": "doctor",
    },
}
"""Module of each command, in the order in which the help lists them."""


class Command(TyperCommand):
    """A command whose function is imported when its help is wanted, and whose options are made when it is run.

    Making the options of all commands takes 0.1 s, importing what the others need as long again.

    Parameters
    ----------
    name
        What it is called.
    module
        Module of ``helixdask.cli`` with the function.
    panel
        Part of the help that lists it.
    """

    def __init__(self, name: str, module: str, panel: str) -> None:
        self._module = module
        super().__init__(name, epilog=epilog_of(name), rich_help_panel=panel, rich_markup_mode=_MARKUP)

    @cached_property
    def _function(self) -> Callable[..., None]:
        name = str(self.name)
        found: Callable[..., None] = getattr(import_module(f"helixdask.cli.{self._module}"), _NAMES.get(name, name))
        return found

    @cached_property
    def _whole(self) -> Any:
        """The command as typer makes it, with its options."""
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=_MARKUP)
        alone.command(str(self.name))(with_showing(with_settings(self._function), str(self.name)))
        return typer.main.get_command(alone)

    @property
    def help(self) -> str | None:
        """The function's docstring."""
        return inspect.getdoc(self._function)

    @help.setter
    def help(self, text: str | None) -> None:
        """Nothing: it is the function's."""

    @property
    def params(self) -> list[Any]:
        """Options and arguments."""
        found: list[Any] = self._whole.params
        return found

    @params.setter
    def params(self, given: list[Any]) -> None:
        """Nothing: they are made."""

    @property
    def callback(self) -> Callable[..., Any] | None:
        """What runs it."""
        found: Callable[..., Any] | None = self._whole.callback
        return found

    @callback.setter
    def callback(self, given: Callable[..., Any] | None) -> None:
        """Nothing: it is made."""


class Commands(TyperGroup):
    """All commands of the command line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for panel, modules in _PANELS.items():
            for name, module in modules.items():
                self.add_command(Command(name, module, panel))
