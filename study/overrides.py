"""``--set path=value`` and the options that stand for one: changes to a study document."""

from __future__ import annotations

from collections.abc import Sequence

from study.document import Document, KeyPath, flatten, parse_value
from study.errors import StudyError
from study.spec import header_keys
from study.trial import as_component
from trainables.config import COMPONENTS


def apply_overrides(
    document: Document, settings: Sequence[str], *, seeds: int | None = None
) -> None:
    """Apply ``path=value`` texts in order, then the number of seeds.

    A path that begins with a key of the study file changes that; any other path is a setting
    of the base, so ``steps=300`` is ``base.steps=300``.

    Raises:
        StudyError: A text is not ``path=value``, or an arm sets the same path itself, so that
            the override would change nothing there.
    """
    for text in settings:
        name, sign, value = text.partition("=")
        place = f"--set {text}"
        if not sign or not name.strip():
            raise StudyError(f"{place}: an override must read path=value")
        path = _path(document, name.strip())
        _refuse_hidden(document, path, place)
        document.put(path, parse_value(value, place), place)
        document.overrides.append(f"{name.strip()}={value.strip()}")
    if seeds is not None:
        document.put(("confirm", "seeds"), seeds, f"--seeds {seeds}")
        document.overrides.append(f"seeds={seeds}")


def _path(document: Document, name: str) -> KeyPath:
    for section in ("arms", "search"):
        arms = [*document.values.get("arms", {}), *document.values.get("search", {})]
        for arm in sorted(arms, key=len, reverse=True):  # an arm's name may contain dots
            prefix = f"{section}.{arm}."
            if name.startswith(prefix):
                rest = name.removeprefix(prefix)
                return (section, arm, *([rest] if section == "search" else rest.split(".")))
    parts = tuple(name.split("."))
    in_base = parts[0] not in header_keys()
    return ("base", *parts) if in_base else parts


def _refuse_hidden(document: Document, path: KeyPath, place: str) -> None:
    if path[0] != "base":
        return
    hiding = []
    for arm, own in (document.values.get("arms") or {}).items():
        values = {
            key: as_component(value) if key in COMPONENTS else value
            for key, value in (own or {}).items()
        }
        given = {item for item, _ in flatten(values)}
        component = (path[1], "name")
        if path[1:] in given or (path[1] in COMPONENTS and component in given):
            hiding.append(arm)
    if hiding:
        rest = ".".join(path[1:])
        raise StudyError(
            f"{place}: {', '.join(map(repr, hiding))} give {rest} themselves, so the base's value "
            f"must be changed there, e.g. --set 'arms.{hiding[0]}.{rest}=…'"
        )
