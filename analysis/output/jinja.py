"""HTML is made by Jinja2 alone, which escapes whatever is not HTML already."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from incay.analysis import wording
from incay.trainables.outgoing import printable


@cache
def environment(*packages: str) -> Environment:
    """Return the templates of packages, each in its folder ``templates``; the first wins.

    Style and script are templates, too, which pages include.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "breakable": breakable,
        "setting": wording.setting,
        "recorded": wording.recorded,
        "counted": wording.counted,
    }
    return made


def _printable(value: object) -> object:
    """Return what a page shows of a value; what is HTML already is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def breakable(text: str) -> Markup:
    """Return a heading that may break inside a dotted name."""
    return escape(printable(text)).replace(".", Markup(".<wbr>")).replace("_", Markup("_<wbr>"))
