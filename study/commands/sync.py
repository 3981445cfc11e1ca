"""``incay sync``: the mirrors of a study, filled from its results."""

from __future__ import annotations

from incay.analysis.wording import counted
from incay.study.commands.console import console, say
from incay.study.commands.groups import RunChoice
from incay.study.errors import IncayError


def sync(chosen: RunChoice) -> None:
    """Bring MLflow up to the store."""
    from incay.study.mirrors.copies import copies_of

    store, name, run = chosen.find()
    mirror, *others = copies_of(store, name, run)
    failure: IncayError | None = None
    for copy in others:
        try:
            copy.sync()
        except IncayError as error:  # one that fails must not stop the next
            failure = error
    left = mirror.sync()
    for each in (mirror, *others):
        for aside in each.aside:
            say(aside)
    console().print(
        "MLflow has everything"
        if not left
        else f"MLflow has everything that there is; {counted(left, 'trial')} without a result yet"
    )
    if failure is not None:
        raise failure
