"""``incay status``: how far a study is."""

from __future__ import annotations

from incay.study.commands.shared.console import console
from incay.study.commands.shared.groups import RunChoice
from incay.study.commands.shared.head import Head


def status(chosen: RunChoice, head: Head) -> None:
    """Show how far a study is, from any shell."""
    if head.answers():
        return
    from rich.table import Table

    from incay.study.execution.leases.arm_drivers import told_of_arms
    from incay.study.planning.status import study_status

    store, name, run = chosen.find()
    found = study_status(store, name, run)
    table = Table("arm", "phase", title=f"{found.name} · run {found.run} · {found.variant}")
    for heading in ("trials", *found.seen):
        table.add_column(heading, justify="right")
    for each in found.phases:
        counts = (str(each.statuses.get(status, "")) for status in found.seen)
        table.add_row(each.arm, each.phase, str(each.total), *counts)
    screen = console()
    screen.print(table)
    for arm, told in told_of_arms(store, name, run).items():
        screen.print(f"{arm}: {told}", soft_wrap=True)
