"""Which files a user's code consists of: those that are named, and what they import from beside.

Nothing is imported here. Files are read once, so that what is hashed, kept and sent to workers is
what runs.
"""

from __future__ import annotations

import ast
import importlib.util
import keyword
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path

from incay.trainables.source.tree import Source
from incay.trainables.uses.bundle import Bundle
from incay.trainables.uses.problems import OwnCodeError, reason

MOST_FILES = 1000
MOST_BYTES = 8 * 2**20
"""Of all files: they travel with every run, and are kept with its results."""


@dataclass(frozen=True)
class _Root:
    """A folder in which names of modules are looked for.

    Attributes:
        folder: The folder.
        only: The one name that is looked for, where the folder is everybody's.
        within: What no file may lie outside of, links followed: the study's folder, where a study
            has named what is looked for.
    """

    folder: Path
    only: str = ""
    within: Path | None = None

    def find(self, module: str) -> Path | None:
        """Return a module's file, or the folder of a package without an ``__init__``."""
        if self.only and module.partition(".")[0] != self.only:
            return None
        path = self.folder.joinpath(*module.split("."))
        candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"), path)
        return next((each for each in candidates if each.is_file() or _holds_code(each)), None)


@dataclass
class _Gathered:
    modules: dict[str, Source] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    roots: dict[str, _Root] = field(default_factory=dict)
    size: int = 0


def gather(names: Sequence[str], beside: Path, named_here: Sequence[Path] = ()) -> Bundle:
    """Read a user's code.

    Args:
        names: Files or packages below a folder, or importable modules, as a study names them.
        beside: That folder: the study's.
        named_here: Files or packages that the user has named on the command line, anywhere.

    Raises:
        OwnCodeError: One of them is not there, lies elsewhere, has the name of another module, or
            is no Python.
    """
    found = _Gathered()
    entries = [_add_named(name, beside, found) for name in names]
    for path in named_here:
        if not path.exists():
            raise OwnCodeError(
                f"--uses {path}: must be a Python file or a package, but is not there"
            )
        entries.append(_add_path(path, str(path), found))
    return Bundle(found.modules, tuple(dict.fromkeys(entries)), found.folders)


def _add_named(name: str, beside: Path, found: _Gathered) -> str:
    """Add what a study names, and return the module's name."""
    path = beside / name
    if not path.exists() and path.with_name(f"{path.name}.py").is_file():
        path = path.with_name(f"{path.name}.py")
    if path.exists():
        return _add_path(path, name, found, within=beside)
    parts = name.split(".")
    if all(part.isidentifier() for part in parts):
        root = _Root(beside, within=beside)
        if root.find(name) is not None:
            return _add(name, root, found)
        top = importlib.util.find_spec(parts[0])
        places = [] if top is None else list(top.submodule_search_locations or [str(top.origin)])
        if top is not None and parts[0] not in sys.stdlib_module_names and places:
            root = _Root(Path(places[0]).parent, only=parts[0])
            if root.find(name) is not None:
                return _add(name, root, found)
    raise OwnCodeError(
        f"{name} must be a Python file or a package in the study's folder ({beside}), or a module "
        "that is installed, but there is none"
    )


def _add_path(path: Path, name: str, found: _Gathered, within: Path | None = None) -> str:
    _refuse_outside(path, name, within)
    module = path.stem if path.suffix == ".py" else path.name
    if not (path.is_file() or path.is_dir()):
        raise OwnCodeError(f"{name} must be a file, but is a pipe or a device")
    if path.is_file() and path.suffix != ".py":
        raise OwnCodeError(f"{name} must end in .py")
    if not module.isidentifier() or keyword.iskeyword(module):
        raise OwnCodeError(
            f"{name} must have the name of a Python module (letters, digits and _), but has "
            f"{module!r}"
        )
    folder = path.parent if str(path.parent) else Path()
    if path.is_dir() and not _holds_code(path):
        raise OwnCodeError(f"{name} must hold Python files, but has none")
    return _add(module, _Root(folder, within=within), found)


def _add(entry: str, root: _Root, found: _Gathered) -> str:
    """Add a module, the packages that it lies in, and what they import from the same root."""
    pending = [(entry, "")]
    while pending:
        module, where = pending.pop()
        for name in _with_parents(module):
            path = root.find(name)
            if path is None:
                continue
            _refuse_outside(path, f"{where}{path}", root.within)
            _refuse_taken(name, root, found, where)
            if name in found.modules:
                continue
            source = _read(name, path, found)
            pending += _imported(name, source, root)
    return entry


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:size]) for size in range(1, len(parts) + 1))


def _read(module: str, path: Path, found: _Gathered) -> Source:
    if path.is_dir():
        source = Source(str(path), "", is_package=True)
        found.folders[module] = str(path.resolve())
    else:
        text = _text(path)
        found.size += len(text)
        is_package = path.name == "__init__.py"
        source = Source(str(path), text, is_package)
        if is_package:
            found.folders[module] = str(path.parent.resolve())
    found.modules[module] = source
    if found.size > MOST_BYTES or len(found.modules) > MOST_FILES:
        raise OwnCodeError(
            f"{path}: a study's own code must be at most {MOST_FILES:,} files of "
            f"{MOST_BYTES // 2**20} MiB in all, but what it imports from beside it is more"
        )
    return source


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise OwnCodeError(f"{path} must have at most {MOST_BYTES // 2**20} MiB")
        return importlib.util.decode_source(path.read_bytes())
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise OwnCodeError(f"{path} must be readable Python, but: {reason(error)}") from error


def _imported(module: str, source: Source, root: _Root) -> Iterator[tuple[str, str]]:
    """Yield the modules beside it that a module may import, with the place where it does."""
    try:
        tree = ast.parse(source.text, source.file)
    except SyntaxError as error:
        raise OwnCodeError(f"{source.file}:{error.lineno or 1}: {reason(error)}") from error
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; nested too deeply
        raise OwnCodeError(f"{source.file}: must be Python, but: {reason(error)}") from error
    package = module if source.is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)] if base else []
        else:
            continue
        for name in names:
            if name.partition(".")[0] != "incay" and root.find(name) is not None:
                yield name, f"{source.file}:{node.lineno}: "


def _base(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1])
    return f"{base}.{node.module}" if node.module and base else base


def _refuse_outside(path: Path, name: str, within: Path | None) -> None:
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        raise OwnCodeError(
            f"{name} must lie in the study's folder, or be named by --uses on the command line: a "
            "study may come from anybody"
        )


def _refuse_taken(module: str, root: _Root, found: _Gathered, where: str) -> None:
    """Refuse a module whose name stands for another one: which would run is nobody's guess."""
    top = module.partition(".")[0]
    known = found.roots.setdefault(top, root)
    if known != root:
        raise OwnCodeError(
            f"{where}two modules must not have one name, but {top!r} lies in {known.folder} and "
            f"in {root.folder}"
        )
    if module != top or root.only:
        return
    if is_taken(top, root.folder):
        raise OwnCodeError(
            f"{where}{root.find(top)}: must have a name that no installed module has, but "
            f"{top!r} is one: rename the file"
        )


def is_taken(top: str, folder: Path) -> bool:
    """Return whether a name is a word of Python, or stands for a module outside of a folder."""
    if top == "incay" or top in sys.stdlib_module_names or keyword.iskeyword(top):
        return True
    here = folder.resolve()
    # A folder that is looked through anyway, as a notebook's is, does not hide what lies elsewhere.
    elsewhere = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    spec = PathFinder.find_spec(top, elsewhere)
    # A folder without an __init__ gives way to a file.
    return spec is not None and spec.origin is not None


def _holds_code(path: Path) -> bool:
    if not path.is_dir():
        return False
    with os.scandir(path) as entries:
        return any(each.name.endswith(".py") for each in entries)
