"""``incay plan``: what a study would do, and how long that would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from incay.study.commands.shared.console import console
from incay.study.commands.shared.groups import TrainingChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from incay.study.planning.data_catalog import DataCatalog
    from incay.study.planning.plan_table import ArmPlan
    from incay.study.spec.study import StudySpec
    from incay.trainables.config import TrialConfig


def plan(
    chosen: TrainingChoice,
    probe: Annotated[bool, typer.Option(help="Measure a few steps to estimate time.")] = True,
) -> None:
    """Show arms, trials, steps and estimated time of a study; run nothing."""
    from incay.study.planning.checks.others import check_private
    from incay.study.planning.checks.ray_address import cluster_address, require_cluster
    from incay.study.planning.checks.readiness import check_study
    from incay.study.planning.plan_table import plan_arms, shared_settings, totals_told
    from incay.study.planning.rule import rule_lines
    from incay.study.planning.search_reach import seeds_told, unreached
    from incay.study.planning.timing.forecast import trials_at_once
    from incay.study.planning.timing.precision import precision_told, settle_precision
    from incay.study.planning.timing.stack_forecast import told_beforehand
    from incay.study.spec.arms.idle import idle_told
    from incay.study.spec.arms.stopping import stopping_told
    from incay.study.spec.recipe import recipes_told

    spec, store, data = chosen.open()
    check_private(store)
    if (address := cluster_address()) is not None:
        require_cluster(address)
    check_study(spec, data, cpus=chosen.cpus, gpus=chosen.gpus)
    spec = settle_precision(spec, store, data, measure=probe)
    plans = plan_arms(spec, data, store)
    screen = console()
    for note in data.notes:
        screen.print(note, soft_wrap=True)
    screen.print(_drawn(spec, plans))
    screen.print(f"all arms: {shared_settings(spec, data)}")
    screen.print(totals_told(spec, plans))
    configs = [config for item in plans for config in (*item.search, *item.confirm)]
    told = (
        *recipes_told(spec.document),
        *precision_told(spec, data),
        *spec.document.switched.values(),
        *stopping_told(spec.arms),
        *idle_told(spec.arms),
        *seeds_told(spec),
        *rule_lines(spec, store, data),
        *unreached(spec),
    )
    for line in (*told, *told_beforehand(spec, configs)):
        screen.print(line, soft_wrap=True)
    if sum(item.finished for item in plans) == len(configs):
        screen.print("nothing is left to train")
    elif probe:
        at_once = trials_at_once(spec, chosen.cpus, chosen.gpus)
        screen.print(_forecast(spec, plans, data, configs, at_once))


def _drawn(spec: StudySpec, plans: Sequence[ArmPlan]) -> Table:
    from rich.table import Table

    from incay.study.planning.plan_table import plan_rows

    table = Table(title=f"{spec.name} · run {spec.run} · protocol {spec.header.protocol}")
    for heading in ("arm", f"difference from {spec.baseline}", "searched"):
        table.add_column(heading, overflow="fold")
    for heading in ("trials", "steps each", "epochs", "finished"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in plan_rows(plans):
        table.add_row(*row)
    return table


def _forecast(
    spec: StudySpec,
    plans: Sequence[ArmPlan],
    data: DataCatalog,
    configs: Sequence[TrialConfig],
    at_once: int,
) -> str:
    """Measure the pace of the trials, remember what follows for the run, and say it."""
    from incay.study.hardware import gpu_count
    from incay.study.planning.timing.estimates import Estimate, remember
    from incay.study.planning.timing.forecast import forecast, forecast_text
    from incay.study.planning.timing.probe import Probe

    if spec.resources.gpu and not gpu_count():  # only a cluster's
        return "not estimated: a trial wants a GPU, and this machine, which would measure, has none"
    pace = Probe(
        data,
        threads=max(1, int(spec.resources.cpu)),
        gpu=spec.resources.gpu > 0,
        at_once=min(at_once, len(configs)),
    )
    expected = forecast(plans, pace.seconds, at_once)
    hours = expected.total * spec.resources.gpu / 3600.0
    remember(spec.run, Estimate(expected.total, hours))
    return forecast_text(spec, expected, at_once)
