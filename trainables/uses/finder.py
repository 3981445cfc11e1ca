"""Imports modules from texts: the same in the driver, in Ray's workers and in a notebook."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

from incay.trainables.source.tree import own_code


class OwnFinder(MetaPathFinder):
    """Finds the modules that `own_code` holds, before anything else is looked at.

    No other module has their names: `gather` has refused that.

    Attributes:
        folders: Where packages lie on this machine, if they do, by name.
    """

    def __init__(self) -> None:
        self.folders: Mapping[str, str] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return how to import a module of the user's; None for any other."""
        del path, target
        source = own_code.modules.get(fullname)
        if source is None:
            return None
        spec = importlib.util.spec_from_loader(
            fullname, _Loader(), origin=source.file, is_package=source.is_package
        )
        folder = self.folders.get(fullname, "")
        if spec is not None and source.is_package and folder and Path(folder).is_dir():
            spec.submodule_search_locations = [folder]
        return spec


class _Loader(InspectLoader):
    """Runs a module's text. Tracebacks and `inspect` get their lines from `get_source`."""

    def get_source(self, fullname: str) -> str:
        return own_code.modules[fullname].text

    def is_package(self, fullname: str) -> bool:
        return own_code.modules[fullname].is_package

    def get_code(self, fullname: str) -> CodeType:
        source = own_code.modules[fullname]
        return compile(source.text, source.file, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)


_FINDER = OwnFinder()


def put_in_place(folders: Mapping[str, str]) -> None:
    """Have imports find what `own_code` holds."""
    _FINDER.folders = folders
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def take_away() -> None:
    """Have imports be as they were."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
