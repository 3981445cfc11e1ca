"""Two studies side by side, arm by arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from incay.analysis.comparing.comparisons import ALPHA
from incay.analysis.comparing.measure import Measurement, measure
from incay.analysis.comparing.references import flat_settings
from incay.analysis.errors import AnalysisError
from incay.analysis.output.table import Cell, Column, Mark, Row, Table
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.holm import holm
from incay.analysis.statistics.paired import paired_test
from incay.analysis.statistics.welch import welch_test
from incay.analysis.tables.general import show
from incay.analysis.tables.layouts.cells import measured_cell
from incay.analysis.tables.layouts.notes import protocol_sentence

COMPARE = "compare"
"""Name of the table of two studies."""

_IGNORED = ("seed", "split.seed")


@dataclass(frozen=True)
class _Difference:
    """The second study's arm - the first's."""

    value: float
    half_width: float | None
    p: float | None
    n: int
    how: str


def compare(first: StudyResults, second: StudyResults) -> Table:
    """Return the error of the arms of two studies, and whether it differs.

    Arms are matched by name. Where both studies trained an arm from the same seeds, the test is
    paired; else it is Welch's. Holm's correction is over the arms that both have.

    Raises:
        AnalysisError: The studies were evaluated on different splits, or share no arm.
    """
    if first.split != second.split:
        raise AnalysisError(
            f"both studies must be read on the same split, but {first.name} ({first.run}) is on "
            f"{first.split} and {second.name} ({second.run}) on {second.split}"
        )
    names = [arm.name for arm in first.arms]
    common = [arm.name for arm in second.arms if arm.name in names]
    if not common:
        raise AnalysisError(
            f"studies must share an arm to be compared, but {first.name} has {', '.join(names)} "
            f"and {second.name} has {', '.join(arm.name for arm in second.arms)}"
        )
    metric = f"{first.split}.error"
    found = {name: _difference(first, second, name, metric) for name in common}
    p_values = {name: each.p for name, each in found.items() if each and each.p is not None}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    order = [*names, *(arm.name for arm in second.arms if arm.name not in names)]
    titles = _titles(first, second)
    return Table(
        name=COMPARE,
        title=f"{titles[0]} against {titles[1]}",
        study=f"{first.name}, {second.name}",
        run=f"{first.run}, {second.run}",
        protocol=" / ".join(dict.fromkeys((protocol_sentence(first), protocol_sentence(second)))),
        row_title="Arm",
        columns=(
            Column(key="first", title=f"{titles[0]}: error", unit="%"),
            Column(key="second", title=f"{titles[1]}: error", unit="%"),
            Column(key="difference", title="difference"),
            Column(key="p", title="p, Holm", decimals=4),
            Column(key="test", title="test", numeric=False),
            Column(key="settings", title="settings that differ", numeric=False),
        ),
        rows=tuple(
            _row(first, second, name, metric, found.get(name), adjusted.get(name)) for name in order
        ),
        notes=_notes(first, second),
    )


def _titles(first: StudyResults, second: StudyResults) -> tuple[str, str]:
    if first.name != second.name:
        return first.name, second.name
    return f"{first.name} {first.run}", f"{second.name} {second.run}"


def _row(
    first: StudyResults,
    second: StudyResults,
    name: str,
    metric: str,
    difference: _Difference | None,
    adjusted: float | None,
) -> Row:
    cells: dict[str, Cell] = {}
    for key, study in (("first", first), ("second", second)):
        arm = _arm(study, name)
        cells[key] = (
            Cell(reason="no such arm")
            if arm is None
            else measured_cell(measure(study, arm, metric))
        )
    if difference is not None:
        trials = (*cells["first"].fingerprints, *cells["second"].fingerprints)
        cells["difference"] = Cell(
            value=difference.value,
            half_width=difference.half_width,
            n=difference.n,
            fingerprints=trials,
        )
        cells["test"] = Cell(text=difference.how)
        if adjusted is not None:
            cells["p"] = Cell(value=adjusted, fingerprints=trials)
            if adjusted < ALPHA:
                mark = Mark.BETTER if difference.value < 0.0 else Mark.WORSE
                cells["second"] = replace(cells["second"], marks=frozenset({mark}))
    mine, theirs = _arm(first, name), _arm(second, name)
    if mine is not None and theirs is not None:
        cells["settings"] = Cell(text=_settings(mine, theirs))
    return Row(name=name, cells=cells)


def _arm(results: StudyResults, name: str) -> Arm | None:
    return next((arm for arm in results.arms if arm.name == name), None)


def _difference(
    first: StudyResults, second: StudyResults, name: str, metric: str
) -> _Difference | None:
    mine, theirs = first.arm(name), second.arm(name)
    one, other = measure(first, mine, metric), measure(second, theirs, metric)
    if not one.values or not other.values:
        return None
    if mine.setting("dataset.name") != theirs.setting("dataset.name"):
        return None  # errors on different data say nothing of the arms
    if set(one.trials) == set(other.trials):
        return _Difference(0.0, None, None, len(one.values), "the same trials")
    paired = paired_test(_by_seed(theirs, other), _by_seed(mine, one))
    if paired is not None and paired.n >= min(2, len(one.values), len(other.values)):
        how = f"paired t, {paired.n} common seeds" if paired.n > 1 else "one common seed"
        return _Difference(paired.difference, paired.half_width, paired.p, paired.n, how)
    test = welch_test(list(other.values.values()), list(one.values.values()))
    count = min(len(one.values), len(other.values))
    how = "Welch's t" if test.p is not None else "too few seeds"
    return _Difference(test.difference, test.half_width, test.p, count, how)


def _by_seed(arm: Arm, measurement: Measurement) -> dict[int, float]:
    """Return values by the seed that each replicate was trained from."""
    seeds = {
        trial.number: trial.record.config.get("seed")
        for trial in arm.phase("confirm")
        if trial.record is not None
    }
    return {
        seed: value
        for number, value in measurement.values.items()
        if isinstance(seed := seeds.get(number), int)
    }


def _settings(first: Arm, second: Arm) -> str:
    mine, theirs = flat_settings(first), flat_settings(second)
    names = sorted(name for name in mine.keys() | theirs.keys() if name not in _IGNORED)
    return ", ".join(
        f"{name}: {_shown(mine, name)} → {_shown(theirs, name)}"
        for name in names
        if mine.get(name) != theirs.get(name)
    )


def _shown(settings: Mapping[str, Any], name: str) -> str:
    return show(settings[name]) if name in settings else "(none)"


def _notes(first: StudyResults, second: StudyResults) -> tuple[str, ...]:
    notes = [
        "Mean ± half the 95 % interval over seeds; difference is the second study's error minus "
        f"the first's; bold: the second is better, ↓: it is worse (Holm, α = {ALPHA}). A paired "
        "difference is over the seeds that both have, so that it need not be that of the means. "
        "Arms on different data are not compared."
    ]
    for study in (first, second):
        if study.searches:
            counts = sorted({len(arm.phase("search")) for arm in study.arms})
            trials = " or ".join(str(count) for count in counts)
            notes.append(f"{study.name} {study.run}: {trials} search trials per arm.")
        if study.overrides:
            changed = ", ".join(study.overrides)
            notes.append(f"{study.name} {study.run}: changed from the study file: {changed}.")
    return tuple(notes)
