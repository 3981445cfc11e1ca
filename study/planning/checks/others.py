"""What other users of this machine could read or change, and must not before a run begins."""

from __future__ import annotations

import os
from pathlib import Path

from incay.study.errors import UserError
from incay.study.planning.checks.ray_address import VARIABLE, cluster_address
from incay.study.privacy import (
    Exposure,
    changeable,
    changeable_inside,
    readable,
    replaceable,
    turnable,
)
from incay.trainables.store.places import STUDIES, TRIALS
from incay.trainables.store.trials import Store


def check_private(store: Store) -> None:
    """Refuse results that others can change, and a cluster's token that they can read.

    Raises:
        UserError: It names the path, and the command that mends it.
    """
    exposed = exposed_results(store)
    if exposed is not None:
        raise UserError(
            f"results must lie where nobody else can change them, but {exposed}. "
            f"{exposed.remedy}, or give --results another place"
        )
    # A run on this machine makes a token of its own.
    exposed = exposed_token() if cluster_address() is not None else None
    if exposed is not None:
        raise UserError(
            f"the token of the cluster at {VARIABLE} must be yours alone, but {exposed}. "
            f"{exposed.remedy}"
        )


def exposed_results(store: Store) -> Exposure | None:
    """Return how others could change results on this machine, there or to come, or replace them.

    Looked at are links that lead there, folders above, and what is inside but for the folders of
    single trials, which are too many.
    """
    root = store.local_root
    if root is None:
        return None
    link = turnable(root if "://" in store.uri else Path(store.uri))
    if link is not None:
        return link
    if root.is_dir():
        return changeable(root) or _exposed_inside(root)
    return replaceable(next(each for each in root.parents if each.is_dir()))


def _exposed_inside(root: Path) -> Exposure | None:
    depths = ((root, 1), (root / STUDIES, 3), (root / TRIALS, 1))
    found = (changeable_inside(each, depth) for each, depth in depths if each.is_dir())
    exposed = next(filter(None, found), None)
    if exposed is None or not exposed.mode:
        return exposed
    return Exposure(exposed.path, exposed.what, f"-R {exposed.mode}", mends=root)


def exposed_token() -> Exposure | None:
    """Return how others could read or change the file of Ray's token; None if they cannot."""
    path = token_file()
    return (readable(path) or changeable(path)) if path.is_file() else None


def token_file() -> Path:
    """Return where Ray looks for the token of a cluster."""
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(named) if named else Path.home() / ".ray" / "auth_token"
