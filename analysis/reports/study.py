"""What the study asked for and how it went: arms, endings, provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

from incay.analysis.comparing.measure import describe_endings
from incay.analysis.comparing.references import references, shared_settings
from incay.analysis.reports.page import simple_table
from incay.analysis.reports.trials import trials_link
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.general import show

_DERIVED = ("seed", "split.seed", "split.test")
_FACTS = ("host", "device", "python", "git_commit", "git_diff")


def arms_section(results: StudyResults) -> str:
    """Return each arm's difference from the baseline, searched space, reference and budget.

    And what all arms share: every setting of theirs that is known.
    """
    compared = references(results)
    rows = [
        [
            f"<strong>{escape(arm.name)}</strong>",
            _settings(arm.difference) or "the baseline",
            _settings(arm.search),
            escape(compared.get(arm.name, "")),
            str(len(arm.phase("search"))),
            str(len(arm.phase("confirm"))),
            f"{sum(trial.seconds for trial in arm.trials) / 60.0:.1f}",
        ]
        for arm in results.arms
    ]
    headings = [
        "arm",
        "differs by",
        "searched",
        "compared with",
        "search trials",
        "seeds",
        "device-minutes",
    ]
    shared = [
        f"<code>{escape(name)}</code> = {escape(show(value))}"
        for name, value in shared_settings(results.arms).items()
        if name not in _DERIVED
    ]
    told = f'<p class="notes">All arms: {", ".join(shared)}.</p>' if shared else ""
    return simple_table(headings, rows) + told


def endings_section(results: StudyResults) -> str:
    """Return how trials ended, by arm and phase, and why those that did not complete."""
    rows = [row for arm in results.arms for row in _endings(arm)]
    return simple_table(["arm", "phase", "endings", "reasons"], rows)


def provenance_section(results: StudyResults) -> str:
    """Return where, with what and on which data the trials were trained."""
    records = [trial.record for trial in results.trials if trial.record is not None]
    if not records:
        return "<p>No trial has a record yet.</p>"
    facts: dict[str, Counter[str]] = {name: Counter() for name in _FACTS}
    facts |= {"data": Counter(), "training code": Counter()}
    for record in records:
        for name in _FACTS:
            if record.provenance.get(name):
                facts[name][str(record.provenance[name])] += 1
        for package, version in (record.provenance.get("versions") or {}).items():
            facts.setdefault(package, Counter())[str(version)] += 1
        facts["data"][record.data_hash] += 1
        facts["training code"][record.code_version] += 1
    rows = [[escape(name), _counted(values)] for name, values in facts.items() if values]
    total = sum(trial.seconds for trial in results.trials) / 3600.0
    rows.append(["device-hours", f"{total:.2f}"])
    rows.append(["store", f"<code>{escape(results.store.uri)}</code>"])
    return simple_table(["what", "value"], rows)


def _settings(settings: Any) -> str:
    return "<br>".join(
        f"<code>{escape(name)}</code> = {escape(show(value))}" for name, value in settings.items()
    )


def _endings(arm: Arm) -> Iterable[list[str]]:
    for phase in ("search", "confirm"):
        trials = [trial for trial in arm.trials if trial.phase == phase]
        if not trials:
            continue
        reasons: dict[str, list[str]] = {}
        for trial in trials:
            reason = trial.problem or (trial.record.reason if trial.record else "")
            if reason:
                reasons.setdefault(reason, []).append(trial.fingerprint)
        told = [f"{trials_link(f'{len(n)} ×', n)} {escape(r)}" for r, n in reasons.items()]
        endings = trials_link(describe_endings(trials), [trial.fingerprint for trial in trials])
        yield [escape(arm.name), phase, endings, "<br>".join(told)]


def _counted(values: Counter[str]) -> str:
    if len(values) == 1:
        return f"<code>{escape(next(iter(values)))}</code>"
    return "<br>".join(
        f"<code>{escape(value)}</code> ({count} trials)" for value, count in values.most_common()
    )
