"""`incay.plan`: what a study would do, and how long that would take."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incay.study.api.opening import Opened, Settings, one_at_a_time, open_study
from incay.study.api.study import Study
from incay.study.hardware import gpu_count
from incay.study.planning.plan_table import (
    ArmPlan,
    PlanRow,
    plan_arms,
    plan_rows,
    shared_settings,
    totals_told,
)
from incay.study.planning.rule import rule_lines
from incay.study.planning.search_reach import seeds_told, unreached
from incay.study.planning.timing.forecast import Forecast, forecast, forecast_text, trials_at_once
from incay.study.planning.timing.precision import precision_told
from incay.study.planning.timing.stack_forecast import told_beforehand
from incay.study.spec.arms.idle import idle_told
from incay.study.spec.arms.stopping import stopping_told
from incay.study.spec.recipe import recipes_told
from incay.trainables.config import TrialConfig
from incay.trainables.store.trials import Store

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """What a study would do.

    Attributes:
        study: The study's name.
        run: The run that it would be.
        arms: What it asks of each arm, in words.
        trials: How many trials there are in all, those that are finished counted.
        steps: Optimiser steps of all trials.
        finished: Trials that have a result already.
        estimate: Seconds; None where nothing was measured.
        totals: Trials and steps in all, in words.
        notes: What else is to be known of it, a sentence each.
    """

    study: str
    run: str
    arms: tuple[PlanRow, ...]
    trials: int
    steps: int
    finished: int
    estimate: Forecast | None
    totals: str
    notes: tuple[str, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per arm."""
        import pandas as pd

        return pd.DataFrame(self.arms, columns=list(PlanRow._fields))

    def __str__(self) -> str:
        rows = [
            [cell.replace("\n", ", ") for cell in row]
            for row in (list(PlanRow._fields), *self.arms)
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([f"{self.study} · run {self.run}", *lines, self.totals, *self.notes])

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            shown = (html.escape(cell).replace("\n", "<br>") for cell in cells)
            return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in shown)}</tr>"

        rows = "".join(row(each, "td") for each in self.arms)
        said = "<br>".join(html.escape(line) for line in (self.totals, *self.notes))
        return (
            f"<table><caption>{html.escape(self.study)} · run {self.run}</caption>"
            f"{row(PlanRow._fields, 'th')}{rows}</table><p>{said}</p>"
        )


def plan(
    study: Study | str | Path,
    *,
    results: Store | str | Path = "results",
    data_root: str | Path | None = None,
    set: Settings = (),
    seeds: int | None = None,
    uses: Sequence[str | Path] = (),
    cpus: float | None = None,
    gpus: float | None = None,
    probe: bool = True,
) -> Plan:
    """Return what `incay.run` with the same arguments would do; nothing is kept.

    Args:
        study: A study, a study file's path, or a built-in study's name.
        results: Where results are kept: what is there already is not trained again.
        data_root: The folder that holds the data sets; by default what INCAY_DATA names.
        set: Changes of the study: ``["steps=300"]`` or ``{"steps": 300}``.
        seeds: How many seeds, in place of the study's number.
        uses: Files or packages of your own code, besides those that the study names.
        cpus: CPUs of this machine to use; by default all.
        gpus: GPUs of this machine to use; by default all.
        probe: Whether to measure a few steps of each kind of trial for an estimate.

    Raises:
        UserError: A value does not fit, data are missing, or nothing can be trained here.
    """
    with one_at_a_time():
        opened = open_study(study, results, data_root, set, seeds, uses, cpus, gpus, measure=probe)
        spec = opened.spec
        plans = plan_arms(spec, opened.data, opened.store)
        configs = [config for item in plans for config in (*item.search, *item.confirm)]
        finished = sum(item.finished for item in plans)
        at_once = trials_at_once(spec, cpus, gpus)
        estimate = None
        if probe and finished < len(configs) and not (spec.resources.gpu and not gpu_count()):
            estimate = _measured(opened, plans, configs, at_once)
        said = () if estimate is None else (forecast_text(spec, estimate, at_once),)
        return Plan(
            study=spec.name,
            run=spec.run,
            arms=tuple(plan_rows(plans)),
            trials=len(configs),
            steps=sum(config.steps for config in configs),
            finished=finished,
            estimate=estimate,
            totals=totals_told(spec, plans),
            notes=(
                *opened.data.notes,
                f"all arms: {shared_settings(spec, opened.data)}",
                *recipes_told(spec.document),
                *precision_told(spec, opened.data),
                *spec.document.switched.values(),
                *stopping_told(spec.arms),
                *idle_told(spec.arms),
                *seeds_told(spec),
                *rule_lines(spec, opened.store, opened.data),
                *unreached(spec),
                *told_beforehand(spec, configs),
                *said,
            ),
        )


def _measured(
    opened: Opened, plans: Sequence[ArmPlan], configs: Sequence[TrialConfig], at_once: int
) -> Forecast:
    from incay.study.planning.timing.probe import Probe

    needs = opened.spec.resources
    pace = Probe(
        opened.data,
        threads=max(1, int(needs.cpu)),
        gpu=needs.gpu > 0,
        at_once=min(at_once, len(configs)),
    )
    return forecast(plans, pace.seconds, at_once)
