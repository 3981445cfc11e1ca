"""What can be studied: every registered component, described by itself.

Nothing is written here twice: the equation is the first line of a component's docstring, the
source its citation, and settings and search space are its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from incay.trainables.augment import policies
from incay.trainables.config import COMPONENTS
from incay.trainables.incay import forms
from incay.trainables.incay.own_settings import defaults
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.measures import measures
from incay.trainables.optimizers import OptimizerSettings
from incay.trainables.registry import Registry
from incay.trainables.settings import to_dict

_BETTER = {"less": " (less is better)", "more": " (more is better)", None: ""}
_HEADINGS = ("name", "what it is", "default settings", "default search", "source")


@dataclass(frozen=True)
class Method:
    """One component.

    Attributes:
        name: The name under which a study finds it.
        summary: Its equation, or what it consists of.
        settings: Defaults by setting.
        search: The range that a study may search by default, by setting, in a study file's
            notation.
        citation: Where it comes from.
    """

    name: str
    summary: str
    settings: Mapping[str, Any]
    search: Mapping[str, str]
    citation: str

    def row(self) -> tuple[str, ...]:
        """Return the method's texts, in the order of the columns of `columns`."""
        return (
            self.name,
            self.summary,
            _listed(self.settings, "="),
            _listed(self.search, ": "),
            self.citation,
        )


def methods() -> dict[str, list[Method]]:
    """Return all components by kind: of trials, then augmentations and measures."""
    losses, networks, datasets, optimizers, schedules = (
        list(_components(kind)) for kind in ("loss", "network", "dataset", "optimizer", "schedule")
    )
    incay = [
        Method("(every form)", _summary(IncaySettings), to_dict(IncaySettings()), {}, ""),
        *(
            Method(name, _summary(form), _own(name), form.search_space, form.citation)
            for name, form in forms.items()
        ),
    ]
    every = Method("(every optimiser)", _summary(OptimizerSettings), _usual(), {}, "")
    return {
        "Losses": losses,
        "Forms of feature incay": incay,
        "Networks": networks,
        "Data sets": datasets,
        "Optimisers": [every, *optimizers],
        "Schedules": schedules,
        "Augmentations": [each for each in _listed_of(policies, {}) if each.name != "none"],
        "Measures": [
            Method(name, _summary(each) + _BETTER[each.better], {}, {}, each.citation)
            for name, each in measures.items()
        ],
    }


def columns(listed: Sequence[Method]) -> dict[str, list[str]]:
    """Return the methods' texts by heading; a column without any text is left out."""
    texts = zip(_HEADINGS, zip(*(method.row() for method in listed), strict=True), strict=True)
    return {heading: list(column) for heading, column in texts if any(column)}


def methods_markdown() -> str:
    """Return the page that lists all components."""
    lines = [
        "# Methods",
        "",
        "What a study file can name, as the components describe themselves. This page is what",
        "`incay methods --format markdown` prints; a test keeps it so. How to add one of each:",
        "[own-components.md](own-components.md).",
    ]
    for kind, listed in methods().items():
        shown = columns(listed)
        lines += ["", f"## {kind}", "", _line([*shown]), _line(["---"] * len(shown))]
        lines += [_line(row) for row in zip(*shown.values(), strict=True)]
    return "\n".join(lines) + "\n"


def _own(form: str) -> dict[str, Any]:
    return {f"settings.{name}": value for name, value in defaults(form).items()}


def _components(kind: str) -> Iterator[Method]:
    return _listed_of(COMPONENTS[kind], _usual() if kind == "optimizer" else {})


def _listed_of(registry: Registry[Any], usual: Mapping[str, Any]) -> Iterator[Method]:
    """Yield components; of settings that all have, only those that are not as usual."""
    # Those two are shown by each, be they as usual.
    usual = {key: value for key, value in usual.items() if key not in ("lr", "weight_decay")}
    for name, cls in registry.items():
        settings = to_dict(cls())
        del settings[registry.key]
        left_out = [each for each in usual if settings[each] == usual[each]]
        for setting in left_out:
            del settings[setting]
        yield Method(name, _summary(cls), settings, cls.search_space, cls.citation)


def _usual() -> dict[str, Any]:
    """Return the defaults of what all optimisers have in common."""
    return {item.name: item.default for item in fields(OptimizerSettings)}


def _summary(cls: type) -> str:
    text = inspect.getdoc(cls) or ""
    return text.partition("\n")[0].replace("``", "`")


def _listed(values: Mapping[str, Any], sign: str) -> str:
    return ", ".join(f"{name}{sign}{_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    """Return a value as a study file would write it."""
    if isinstance(value, float):
        return f"{value:g}"
    known = {True: "true", False: "false", None: "none", "": '""'}
    return known[value] if value in ("", None) or isinstance(value, bool) else str(value)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
