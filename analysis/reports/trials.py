"""The list of all trials, and links from numbers to the trials behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from incay.analysis.output.shown import Item
from incay.analysis.results.study import StudyResults, Trial

_METRICS = ("error", "loss", "norm")


def trials_link(text: str, fingerprints: Sequence[str]) -> str:
    """Return text that leads to the given trials; without a script, to the first."""
    names = " ".join(fingerprints)
    return f'<a href="#trial-{fingerprints[0]}" data-trials="{names}">{escape(text)}</a>'


def link_to_trials(item: Item) -> str:
    """Return an item of a table as a link to the trials behind it."""
    return trials_link(item.text, item.fingerprints)


def trials_section(results: StudyResults) -> str:
    """Return every trial of the study with its settings, ending and last metrics."""
    metrics = _shown_metrics(results)
    headings = ["arm", "phase", "number", "ending", "searched", *metrics, "seconds", "trial"]
    head = "".join(
        f'<th data-sort="{index}" scope="col">{escape(heading)}</th>'
        for index, heading in enumerate(headings)
    )
    seen: set[str] = set()
    rows = []
    for trial in results.trials:
        # Arms may share a trial, as the plain loss and λ = 0 do; an id must stand once.
        anchor = "" if trial.fingerprint in seen else f' id="trial-{trial.fingerprint}"'
        seen.add(trial.fingerprint)
        cells = "".join(f"<td>{cell}</td>" for cell in _cells(trial, metrics))
        rows.append(f'<tr{anchor} data-trial="{trial.fingerprint}">{cells}</tr>')
    controls = (
        '<p class="controls"><input type="search" id="trial-filter" '
        'placeholder="filter: arm, ending, fingerprint …" aria-label="Filter trials"> '
        '<button type="button" id="trial-all" hidden>show all trials</button></p>'
    )
    return (
        f'{controls}<div class="scroll"><table id="trial-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shown_metrics(results: StudyResults) -> list[str]:
    known = {name for trial in results.trials if trial.record for name in trial.record.metrics}
    wanted = [f"{split}.{name}" for split in ("test", "val") for name in _METRICS]
    return [name for name in wanted if name in known]


def _cells(trial: Trial, metrics: Sequence[str]) -> list[str]:
    recorded = trial.record.metrics if trial.record is not None else {}
    reason = trial.problem or (trial.record.reason if trial.record is not None else "")
    ending = escape(trial.status)
    if reason:
        ending += f' <span class="faint">{escape(reason)}</span>'
    searched = [f"{escape(name)}={escape(_short(value))}" for name, value in trial.params.items()]
    return [
        escape(trial.arm),
        trial.phase,
        str(trial.number),
        ending,
        "<br>".join(searched),
        *(_short(recorded.get(name)) for name in metrics),
        f"{trial.seconds:.1f}" if trial.seconds else "",
        f"<code>{trial.fingerprint}</code>",
    ]


def _short(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
