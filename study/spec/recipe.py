"""Recipes: settings under a name, which a study lays under its own.

The built-in ones are YAML files in `recipes/`; a study file may name one beside it (`mine.yaml`).
A recipe is laid before overrides and checks, so that whatever reads the study finds plain settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from incay.study.errors import StudyError, shown
from incay.study.spec.arms.lengths import lay_over
from incay.study.spec.reading.document import Document, KeyPath, flatten, load_document
from incay.study.spec.settings import WHY_DERIVED, ValueProblem
from incay.study.spec.words import RECIPE
from incay.trainables.names import look_up
from incay.trainables.registry import describe_unknown

_FOLDER = Path(__file__).parent / "recipes"
_SUFFIXES = (".yaml", ".yml")
_KEYS = ("about", "source", "settings")


@dataclass(frozen=True)
class Recipe:
    """Settings under a name.

    Attributes:
        name: As a study names it.
        about: What it is, in one line.
        source: Where it comes from.
        settings: Those of a trial, nested as in a study file.
    """

    name: str
    about: str
    source: str
    settings: Mapping[str, Any]


def built_in_recipes() -> list[str]:
    """Return the names of the recipes that come with the program, in order."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def named_recipe(name: str) -> Recipe:
    """Return a recipe that comes with the program, or that of a file (`.yaml`) of one's own.

    Raises:
        StudyError: There is none of that name, or the file holds none.
    """
    return _read(name, Path(name)) if name.endswith(_SUFFIXES) else built_in_recipe(name)


def built_in_recipe(name: str) -> Recipe:
    """Return a recipe that comes with the program.

    Raises:
        StudyError: There is none of that name.
    """
    if name not in (known := built_in_recipes()):
        raise StudyError(describe_unknown("recipe", name, known))
    return _read(name, _FOLDER / f"{name}.yaml")


def lay_recipes(document: Document) -> None:
    """Lay the recipes that the base and arms name under their own settings, in place.

    Raises:
        StudyError: There is no such recipe, or it is none.
    """
    arms = document.values.get("arms")
    sections: list[KeyPath] = [("base",)]
    if isinstance(arms, dict):
        sections += [("arms", arm) for arm in arms]
    for section in sections:
        _lay(document, section)


def settings_of(document: Document, name: Any) -> Mapping[str, Any]:
    """Return the settings of a recipe; none where there is no such recipe, which is told later."""
    if not isinstance(name, str):
        return {}
    path = _path_of(document, name)
    if path is None:
        return built_in_recipe(name).settings if name in built_in_recipes() else {}
    return _read(name, path).settings


def recipes_told(document: Document) -> list[str]:
    """Return what a plan says of each recipe that was laid: by whom it is named, and its source."""
    named: dict[str, list[str]] = {}
    for section, laid in document.recipes.items():
        named.setdefault(laid, []).append("base" if section == ("base",) else section[1])
    told = []
    for name, where in named.items():
        path = _path_of(document, name)
        recipe = built_in_recipe(name) if path is None else _read(name, path)
        told.append(f"recipe {name} (under {', '.join(where)}): {recipe.about}; {recipe.source}")
    return told


def own_recipes(document: Document) -> list[str]:
    """Return the files of recipes beside the study that it names."""
    return [name for name in document.recipes.values() if name.endswith(_SUFFIXES)]


def _lay(document: Document, section: KeyPath) -> None:
    own: Any = document.values
    for part in section:
        own = own.get(part) if isinstance(own, dict) else None
    if not isinstance(own, dict) or RECIPE not in own:
        return
    place = (*section, RECIPE)
    name = own[RECIPE]
    if not isinstance(name, str):
        raise document.error(place, f"a recipe must be a name, but got {shown(name)}")
    path = _path_of(document, name)
    if path is None and name not in (known := built_in_recipes()):
        raise document.error(place, describe_unknown(RECIPE, name, known))
    recipe = built_in_recipe(name) if path is None else _read(name, path)
    where = f"{document.where(place)} (recipe {name})"
    given = {key: value for key, value in own.items() if key != RECIPE}
    try:
        laid = lay_over(recipe.settings, given)
    except ValueProblem as problem:
        raise document.error((*section, *problem.path), str(problem)) from problem
    document.remove(place)
    own.clear()
    own.update(laid)
    for parts, value in flatten(dict(recipe.settings)):
        if look_up(laid, ".".join(parts)) != value:
            continue  # the study's own
        for size in range(1, len(parts) + 1):
            document.places.setdefault((*section, *parts[:size]), where)
    document.recipes[section] = name


def _path_of(document: Document, name: str) -> Path | None:
    """Return where a recipe of the user's own lies; None for the name of a built-in one."""
    if not name.endswith(_SUFFIXES):
        return None
    given = PurePosixPath(name)
    if not document.is_file or given.is_absolute() or ".." in given.parts:
        raise StudyError(
            f"{document.source}: a recipe's file must lie beside the study's file or below, but "
            f"is {shown(name)}"
        )
    return Path(document.source).parent / given


def _read(name: str, path: Path) -> Recipe:
    if not path.is_file():
        raise StudyError(f"{path}: the recipe must be a readable file, but there is none")
    read = load_document(path)
    for key in read.values:
        if key not in _KEYS:
            raise read.error((key,), f"a recipe's key must be one of {', '.join(_KEYS)}")
    settings = read.values.get("settings")
    if not isinstance(settings, dict):
        raise read.error(("settings",), f"a recipe must have settings, but got {shown(settings)}")
    for key in (RECIPE, *WHY_DERIVED):
        if read.has(("settings", *key.split("."))):
            raise read.error(("settings", *key.split(".")), "a recipe must not set this")
    texts = {key: str(read.values.get(key) or "") for key in ("about", "source")}
    return Recipe(name, texts["about"], texts["source"], settings)
