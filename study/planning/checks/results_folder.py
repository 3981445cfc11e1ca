"""Whether a results folder holds results, and where others lie if it does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from incay.study.errors import UserError
from incay.trainables.store.runs.known import has_studies
from incay.trainables.store.trials import Store

_MOST_NAMED = 3


def require_results(store: Store) -> None:
    """Refuse a local results folder in which no study was run; leave it as it is.

    A remote store is not asked.

    Raises:
        UserError: There are no studies in it. The message names folders just below and beside
            it that hold some.
    """
    root = store.local_root
    if root is None or has_studies(root):
        return
    given = store.uri if "://" not in store.uri else str(root)
    what = "has none" if root.is_dir() else "does not exist"
    near = list(_near(root, given))[:_MOST_NAMED]
    hint = f" (there are results in {', '.join(near)}: --results {near[0]})" if near else ""
    raise UserError(f"--results must hold the results of a study, but {given} {what}{hint}")


def _near(root: Path, given: str) -> Iterator[str]:
    """Yield folders with studies, as the user would name them: below, above and beside."""
    for start, named in ((root, given), (root.parent, os.path.normpath(f"{given}/.."))):
        if has_studies(start):
            yield named
        try:
            names = sorted(entry.name for entry in os.scandir(start) if entry.is_dir())
        except OSError:
            continue
        for name in names:
            if start / name != root and has_studies(start / name):
                yield os.path.normpath(f"{named}/{name}")
