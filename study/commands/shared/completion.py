"""What the shell completes an argument to. Nothing heavy is imported: it runs at every Tab."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from pathlib import Path

from incay.trainables.registry import registered_keyword, registered_names

_ROOT = Path(__file__).parents[3]
_RECIPES = Path(__file__).parents[2] / "spec" / "recipes"
_FORMATS = "analysis/output/renderers"
_MANIFEST = ".manifest.json"
"""How manifests are called that `incay.analysis.exports` writes, which is not imported here."""


def studies(incomplete: str) -> list[str]:
    """Return built-in studies, and files and folders here, that begin so."""
    from incay.study.spec.catalog import built_in_studies

    # Path.glob would drop what the user has typed, such as "./".
    found = sorted(glob.glob(f"{glob.escape(incomplete)}*"))  # noqa: PTH207
    here = [f"{name}/" if Path(name).is_dir() else name for name in found]
    files = [name for name in here if name.endswith(("/", ".yaml", ".yml"))]
    return [*_beginning(incomplete, (path.stem for path in built_in_studies())), *files]


def exported(incomplete: str) -> list[str]:
    """Return exported tables that begin so, by the manifests beside them, PDFs and folders."""
    found = sorted(glob.glob(f"{glob.escape(incomplete)}*"))  # noqa: PTH207
    folders = [f"{name}/" for name in found if Path(name).is_dir()]
    tables = [name.removesuffix(_MANIFEST) for name in found if name.endswith(_MANIFEST)]
    return sorted({*folders, *tables, *(name for name in found if name.endswith(".pdf"))})


def registered(package: str) -> Callable[[str], list[str]]:
    """Return a completion to the names that a package's files register by decorator.

    Args:
        package: The package's folder, such as ``trainables/networks``.
    """

    def complete(incomplete: str) -> list[str]:
        return _beginning(incomplete, registered_names(_ROOT / package))

    return complete


def recipes(incomplete: str) -> list[str]:
    """Return recipes that begin so."""
    return _beginning(incomplete, (path.stem for path in _RECIPES.glob("*.yaml")))


networks = registered("trainables/networks")
datasets = registered("trainables/data")
figures = registered("analysis/figures")
formats = registered(_FORMATS)


def formats_with_suffix() -> dict[str, str]:
    """Return the formats of tables, with the suffix of their files."""
    return registered_keyword(_ROOT / _FORMATS, "suffix")


def listed(names: Iterable[str]) -> str:
    """Return names as a choice: ``csv, html or json``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
