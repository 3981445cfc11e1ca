"""What other users of this machine could read or change, and must not before a run begins."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from incay.study.errors import UserError
from incay.study.planning.checks.ray_address import VARIABLE, cluster_address
from incay.study.privacy import changeable, readable
from incay.trainables.store.trials import Store


def check_private(store: Store) -> None:
    """Refuse results that others can change, and a cluster's token that they can read.

    Raises:
        UserError: It names the path, and the command that mends it.
    """
    root = store.local_root
    problem = changeable(root) if root is not None and root.is_dir() else ""
    if problem:
        raise UserError(
            f"results must lie where nobody else can change them, but {problem}. "
            f"{_remedy(problem)}, or give --results another place"
        )
    if cluster_address() is None:
        return  # a run on this machine makes a token of its own
    for _, problem, remedy in exposed_token():
        raise UserError(
            f"the token of the cluster at {VARIABLE} must be yours alone, but {problem}. {remedy}"
        )


def exposed_token() -> Iterator[tuple[Path, str, str]]:
    """Yield the file of Ray's token, what is wrong with it and what mends that; none if nothing."""
    path = token_file()
    if not path.is_file():
        return
    problem = readable(path) or changeable(path)
    if problem:
        yield path, problem, f"`chmod 600 {shlex.quote(str(path))}` mends that"


def token_file() -> Path:
    """Return where Ray looks for the token of a cluster."""
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(named) if named else Path.home() / ".ray" / "auth_token"


def _remedy(problem: str) -> str:
    path = problem.partition(" can be written")[0]
    if path == problem:
        return "Take another folder"
    return f"`chmod go-w {shlex.quote(path)}` mends that"
