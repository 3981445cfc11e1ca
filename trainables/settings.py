"""What all frozen settings share, and their plain-JSON form.

Settings are stdlib dataclasses, so that the training core needs neither pydantic nor YAML.
Ranges are checked in ``__post_init__`` with a `ValueError` that says what must hold and what
came; types are checked at the study's border.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of every settings class. Unknown keys are refused at the study's border."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Component(Settings):
    """Settings of a registered component: they carry its name and build it."""

    name: ClassVar[str]
    """The name under which a study finds it; set by the registry."""
    citation: ClassVar[str] = ""
    """Where the component comes from: paper, section, equation."""
    search_space: ClassVar[Mapping[str, str]] = {}
    """The range that a study may search by default, by setting, in a study file's notation."""


def to_dict(settings: Settings) -> dict[str, Any]:
    """Return the settings as plain JSON values, the component's name first."""
    values: dict[str, Any] = {}
    if isinstance(settings, Component):
        # The registry says the key. It is no field of `Component`: that would be an edit of all
        # components, which are filed under their code.
        values[getattr(settings, "key", "name")] = settings.name
    for field in dataclasses.fields(settings):
        values[field.name] = _plain(getattr(settings, field.name))
    return values


def require(condition: bool, must_hold: str, got: object) -> None:
    """Raise a `ValueError` that says what must hold and what came, unless it holds."""
    if not condition:
        raise ValueError(f"{must_hold} must hold, but got {got!r}")


def require_finite(name: str, value: float, *, low: float = 0.0, low_open: bool = False) -> None:
    """Raise unless `value` is finite and at least (or, `low_open`, above) `low`."""
    above = value > low if low_open else value >= low
    sign = ">" if low_open else ">="
    require(math.isfinite(value) and above, f"{name} {sign} {low:g} and finite", value)


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return to_dict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value
