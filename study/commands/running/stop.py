"""``incay stop``: the end of a study's job, with checkpoints."""

from __future__ import annotations

from incay.study.commands.shared.console import say
from incay.study.commands.shared.groups import CodeChoice
from incay.study.commands.shared.head import Head


def stop(chosen: CodeChoice, head: Head) -> None:
    """Stop a study's job on a cluster, with checkpoints."""
    from incay.study.cluster.submit import stop_study
    from incay.study.spec.catalog import study_name

    is_changed = bool(chosen.set_) or chosen.seeds is not None
    run = chosen.read().run if is_changed else None
    name = study_name(chosen.study)
    job, ending = stop_study(name, run, cluster=head.cluster, address=head.address)
    say(f"{job} {ending.lower()}: submitting it again goes on from here")
