"""``incay sync``: the mirrors of a study, filled from its results."""

from __future__ import annotations

from incay.analysis.wording import counted
from incay.study.commands.console import console
from incay.study.commands.groups import RunChoice


def sync(chosen: RunChoice) -> None:
    """Bring MLflow up to the store."""
    from incay.study.mirrors.copies import copies_of

    store, name, run = chosen.find()
    mirror, *others = copies_of(store, name, run)
    for make in others:
        make().sync()
    left = mirror().sync()
    console().print(
        "MLflow has everything"
        if not left
        else f"MLflow has everything that there is; {counted(left, 'trial')} without a result yet"
    )
