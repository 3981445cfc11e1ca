"""Which copies a study run has, and how each is brought up to the store whatever befell it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from incay.study.errors import HaltedError
from incay.study.mirrors.base import StudyCopy
from incay.study.mirrors.mlflow_mirror import Mirror
from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy
from incay.study.mirrors.remedies import DamagedCopyError
from incay.trainables.store.problems import StoreError
from incay.trainables.store.trials import Store


class KeptCopy:
    """A copy of a study run that is opened again after an error, and made anew if damaged.

    Args:
        make: Opens it.

    Attributes:
        aside: What is told of damaged ones that were put aside.
    """

    def __init__(self, make: Callable[[], StudyCopy]) -> None:
        self._make = make
        self._opened: StudyCopy | None = None
        self.aside: list[str] = []

    def sync(self) -> int | None:
        """Bring the copy up to the store; see `StudyCopy.sync`."""
        with _files_told():
            try:
                return self._sync()
            except DamagedCopyError as error:
                aside = error.put_aside()
                self.aside.append(f"{error.path} was damaged: kept as {aside.name}, and made anew")
                return self._sync()

    def _sync(self) -> int | None:
        try:
            self._opened = self._opened or self._make()
            return self._opened.sync()
        except Exception:
            self._opened = None
            raise


def copies_of(store: Store, study: str, run: str) -> list[KeptCopy]:
    """Return each copy of a study run, MLflow's first.

    The searches of a remote store are copied where a database is named for them.
    """
    copies = [KeptCopy(lambda: Mirror(store, study, run))]
    if store.local_root is not None or STORAGE in os.environ:
        copies.append(KeptCopy(lambda: OptunaCopy(store, study, run)))
    return copies


@contextmanager
def _files_told() -> Iterator[None]:
    """Raise what a file system says against a copy's files as one message with a remedy.

    Raises:
        HaltedError: They cannot be written now. What is said against the results is as it was.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, StoreError) or error.filename is None:
            raise
        raise HaltedError(
            f"the copies for MLflow and Optuna must be written, {error.filename} too, but: "
            f"{error.strerror}. Nothing is lost: once that is mended, the same command goes on"
        ) from error
