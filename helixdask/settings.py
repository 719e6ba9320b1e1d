"""What settings are made of: rules, ranges of values, and the words that the command line shows.

Settings are frozen dataclasses in modules that import nothing heavy. A field has its default beside it, its range in
its type, and its meaning in the docstring of the class. Everything else takes them from there: stages inherit the
fields, and the command line makes an option of each.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from helixdask.errors import BadInputError

WINDOW_LENGTH: Final = 21_384
"""Bases of a window where nothing says otherwise: Helixer's default, 2,376 steps of 9."""

STANDARD_CODE: Final = 1
"""NCBI's number of the standard genetic code."""


class Rules(StrEnum):
    """Which rule set: ``helixer`` is exactly what Helixer does, faults included."""

    DEFAULT = "default"
    HELIXER = "helixer"

    __repr__ = str.__repr__

    @classmethod
    def _missing_(cls, value: object) -> Rules:
        raise BadInputError(f"rules is {value!r}", remedy=f"Choose {' or '.join(map(repr, cls))}.")


@dataclass(frozen=True)
class Shown:
    """What the command line cannot tell from a field's name, type and default; stands in its `Annotated` type.

    Parameters
    ----------
    option
        Name of the option, where it is not that of the field; a short one may follow after a space.
    argument
        Whether it is an argument and no option.
    min, max
        Range of a number.
    metavar
        What stands for the value.
    default
        What is shown as the default, where the field holds None.
    meaning
        What is said of the field in place of its class's docstring: for fields that many classes have.
    """

    option: str | None = None
    argument: bool = False
    min: float | None = None
    max: float | None = None
    metavar: str | None = None
    default: Any = None
    meaning: str | None = None


Count = Annotated[int, Shown(min=0)]
Natural = Annotated[int, Shown(min=1)]
Share = Annotated[float, Shown(min=0, max=1)]
Limit = Annotated[float, Shown(min=0)]
InputFile = Annotated[str, Shown(metavar="PATH")]
Name = Annotated[str, Shown(option="--name")]
RuleSet = Annotated[Rules, Shown(meaning="default, or helixer: exactly what Helixer does, faults included.")]
NameTable = Annotated[
    str,
    Shown(
        metavar="TABLE",
        meaning="What the files call the sequences: tab-separated, name in a file, name in the genome; "
        "or NCBI's assembly report.",
    ),
]


class Setting(NamedTuple):
    """A field of a settings class: its type without annotations, default, meaning, and how it is shown."""

    field: str
    type: Any
    default: Any
    meaning: str
    shown: Shown

    @classmethod
    def of(cls, field: str, annotated: Any, default: Any, meaning: str = "") -> Setting:
        """From a type with its annotations."""
        shown: dict[str, Any] = {}

        def plain(kind: Any) -> Any:
            if get_origin(kind) is Annotated:
                kind, *notes = get_args(kind)
                for note in notes:
                    if isinstance(note, Shown):
                        shown.update({n: value for n, value in vars(note).items() if value != getattr(Shown, n)})
            if get_origin(kind) in (Union, types.UnionType):
                return Union[tuple(plain(part) for part in get_args(kind))]  # noqa: UP007 of any number of types
            return kind

        kind = plain(annotated)
        return cls(field, kind, default, shown.get("meaning", meaning), Shown(**shown))

    @property
    def option(self) -> str:
        """Name of its option."""
        return self.shown.option.split()[0] if self.shown.option else f"--{self.field.replace('_', '-')}"

    @property
    def choices(self) -> tuple[Any, ...]:
        """Values that it may have, where they are listed: those of a `Literal`, and None beside it."""
        kinds = get_args(self.type) if get_origin(self.type) is Union else (self.type,)
        found = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())
        return (*found, None) if found and len(kinds) > 1 else found


@cache
def settings_of(cls: Any) -> dict[str, Setting]:
    """Fields of a settings class, in their order.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Some:
    ...     '''Some settings.
    ...
    ...     Parameters
    ...     ----------
    ...     share
    ...         How much.
    ...     '''
    ...
    ...     share: Share = 0.5
    >>> settings_of(Some)["share"].option, settings_of(Some)["share"].meaning
    ('--share', 'How much.')
    """
    types_of = get_type_hints(cls, include_extras=True)
    meanings = {name: text for base in reversed(cls.__mro__) for name, text in _meanings(base)}
    return {
        field.name: Setting.of(field.name, types_of[field.name], field.default, meanings.get(field.name, ""))
        for field in dataclasses.fields(cls)
    }


def check_settings(settings: Any) -> None:
    """Refuse values that are none of a field's choices, or outside of its range.

    Raises
    ------
    BadInputError
        Says which setting, and what it may be.
    """
    for setting in settings_of(settings.__class__).values():
        value, (low, high) = getattr(settings, setting.field), (setting.shown.min, setting.shown.max)
        choices = setting.choices
        if setting.type is Rules:
            Rules(value)
        if choices and value not in choices:
            listed = ", ".join(choice for choice in choices if choice)
            raise BadInputError(f"{setting.field} is {value!r}", remedy=f"There are {listed}.")
        if low is not None and value is not None and not low <= value <= (value if high is None else high):
            wanted = f"{low:g} or more" if high is None else f"between {low:g} and {high:g}"
            raise BadInputError(f"{setting.field} is {value}", remedy=f"It must be {wanted}.")


def _meanings(cls: type) -> Iterator[tuple[str, str]]:
    """Fields and their texts in the section ``Parameters`` of a docstring."""
    _, _, section = inspect.cleandoc(cls.__dict__.get("__doc__") or "").partition("\nParameters\n----------\n")
    section = re.split(r"\n\n\S+\n-{3,}\n", section)[0]
    for names, text in re.findall(r"^(\S.*)\n((?:(?: .*)?\n?)+)", section, re.MULTILINE):
        for name in names.split(","):
            yield name.strip(), " ".join(text.split())
