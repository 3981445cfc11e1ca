"""What the shell completes an argument to. Nothing heavy is imported: it runs at every Tab."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_REGISTERED = re.compile(r"""^@?register_\w+\(((?:\s*"[^"]+",?)+)\s*\)""", re.MULTILINE)
_NAME = re.compile(r'"([^"]+)"')


def studies(incomplete: str) -> list[str]:
    """Return built-in studies, and files and folders here, that begin so."""
    from incay.study.spec.catalog import built_in_studies

    # Path.glob would drop what the user has typed, such as "./".
    found = sorted(glob.glob(f"{glob.escape(incomplete)}*"))  # noqa: PTH207
    here = [f"{name}/" if Path(name).is_dir() else name for name in found]
    files = [name for name in here if name.endswith(("/", ".yaml", ".yml"))]
    return [*_beginning(incomplete, (path.stem for path in built_in_studies())), *files]


def registered(package: str) -> Callable[[str], list[str]]:
    """Return a completion to the names that a package's files register by decorator.

    Args:
        package: The package's folder, such as ``trainables/networks``.
    """

    def complete(incomplete: str) -> list[str]:
        # Importing the components would import PyTorch: their names stand in the text.
        texts = (path.read_text(encoding="utf-8") for path in (_ROOT / package).glob("*.py"))
        listed = (names for text in texts for names in _REGISTERED.findall(text))
        return _beginning(incomplete, (name for names in listed for name in _NAME.findall(names)))

    return complete


networks = registered("trainables/networks")
datasets = registered("trainables/data")
figures = registered("analysis/figures")
formats = registered("analysis/output/renderers")


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
