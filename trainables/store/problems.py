"""File errors by where they come from: those of the store, and all others.

A missing file of a component and a full disk of the results are both an `OSError`. The first is
a trial's failure, the second the run's end: so the store's own code says which errors are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class StoreError(OSError):
    """The store cannot be read or written."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise what the file system says inside of the block as the store's.

    Raises:
        StoreError: The block raises an `OSError`.
    """
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        if error.errno is None:  # a remote file system's
            raise StoreError(str(error)) from error
        raise StoreError(error.errno, error.strerror, error.filename) from error
