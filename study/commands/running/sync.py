"""``incay sync``: the mirrors of a study, filled from its results."""

from __future__ import annotations

from incay.analysis.wording import counted
from incay.study.commands.shared.console import console, say
from incay.study.commands.shared.groups import RunChoice
from incay.study.errors import IncayError


def sync(chosen: RunChoice) -> None:
    """Bring MLflow up to the store."""
    from incay.study.mirrors.copies import copies_of

    store, name, run = chosen.find()
    mirror, *others = copies_of(store, name, run)
    failures: list[IncayError] = []
    for copy in (*others, mirror):
        try:
            left = copy.sync()
        except IncayError as error:  # one that fails must not stop the next
            failures.append(error)
        for aside in copy.aside:
            say(aside)
    if failures:
        raise failures[-1]  # MLflow's, if it is among them
    console().print(
        "MLflow has everything"
        if not left
        else f"MLflow has everything that there is; {counted(left, 'trial')} without a result yet"
    )
