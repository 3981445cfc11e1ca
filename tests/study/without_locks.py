"""A store that has no locks."""

from __future__ import annotations

from pathlib import Path

from incay.trainables.store.trials import Store


class WithoutLocks(Store):
    """Stands for S3, or a shared directory whose locks other machines do not see."""

    def __init__(self, uri: str | Path) -> None:
        super().__init__(uri)
        self.local_root = None
