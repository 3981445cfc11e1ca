"""The table of two studies side by side, arm by arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from incay.analysis import wording
from incay.analysis.comparing.comparisons import ALPHA
from incay.analysis.comparing.measure import Measurement
from incay.analysis.comparing.references import flat_settings
from incay.analysis.comparing.side_by_side import (
    ArmDifference,
    ArmPair,
    SideBySide,
    compare_studies,
)
from incay.analysis.content import Cell, Column, Mark, Row
from incay.analysis.output.table import Table
from incay.analysis.results.points import search_points, search_seeds
from incay.analysis.results.protocol import protocol_sentence
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.layouts.cells import ONE_SAME_VALUES, SAME_DIFFERENCES, measured_cell
from incay.analysis.tables.layouts.formulas import between_studies_formula, between_studies_p
from incay.analysis.tables.layouts.notes.contradictions import contradictions
from incay.analysis.tables.layouts.notes.skipped import skipped_images
from incay.trainables.metrics import ERROR
from incay.trainables.names import DERIVED

COMPARE = "compare"
"""Name of the table of two studies."""


def compare(first: StudyResults, second: StudyResults) -> Table:
    """Return the error of the arms of two studies, and whether it differs.

    See `incay.analysis.comparing.side_by_side` for how arms are matched and tested.

    Raises:
        AnalysisError: The studies were evaluated on different splits, or share no arm.
    """
    compared = compare_studies(first, second)
    titles = _titles(first, second)
    return Table(
        name=COMPARE,
        title=f"{titles[0]} against {titles[1]}",
        study=f"{first.name}, {second.name}",
        run=f"{first.run}, {second.run}",
        protocol=" / ".join(dict.fromkeys((protocol_sentence(first), protocol_sentence(second)))),
        row_title="Arm",
        columns=(
            Column(key="first", title=f"{titles[0]}: {ERROR.title}", unit=ERROR.unit),
            Column(key="second", title=f"{titles[1]}: {ERROR.title}", unit=ERROR.unit),
            Column(key="difference", title="difference"),
            Column(key="p", title="p, Holm", decimals=4, positive=True),
            Column(key="test", title="test", numeric=False),
            Column(key="settings", title="settings that differ", numeric=False),
        ),
        rows=tuple(_row(first, second, pair, compared) for pair in compared.pairs),
        notes=_notes(first, second, compared),
    )


def _titles(first: StudyResults, second: StudyResults) -> tuple[str, str]:
    if first.name != second.name:
        return first.name, second.name
    return f"{first.name} {first.run}", f"{second.name} {second.run}"


def _row(first: StudyResults, second: StudyResults, pair: ArmPair, compared: SideBySide) -> Row:
    cells = {"first": _cell(pair.first), "second": _cell(pair.second)}
    if pair.difference is not None:
        trials = (*cells["first"].fingerprints, *cells["second"].fingerprints)
        cells["difference"] = Cell(
            value=pair.difference.value,
            half_width=pair.difference.half_width,
            no_spread=pair.difference.no_spread,
            n=pair.difference.n,
            fingerprints=trials,
            notes=_unknown_spread(pair.difference),
            formula=between_studies_formula(pair.difference, compared.metric),
        )
        cells["test"] = Cell(text=pair.difference.how)
        if pair.adjusted_p is not None:
            p = between_studies_p(pair.name, pair.difference.how, compared.family, compared.metric)
            cells["p"] = Cell(value=pair.adjusted_p, fingerprints=trials, formula=p)
        if pair.decided:
            mark = Mark.BETTER if pair.difference.value < 0.0 else Mark.WORSE
            cells["second"] = replace(cells["second"], marks=frozenset({mark}))
    if pair.first is not None and pair.second is not None:
        settings = _settings(first.arm(pair.name), second.arm(pair.name))
        cells["settings"] = Cell(text=settings)
    return Row(name=pair.name, cells=cells)


def _unknown_spread(difference: ArmDifference) -> tuple[str, ...]:
    if not difference.no_spread:
        return ()
    return (ONE_SAME_VALUES if difference.p is None else SAME_DIFFERENCES,)


def _cell(measured: Measurement | None) -> Cell:
    return Cell(reason="no such arm") if measured is None else measured_cell(measured)


def _settings(first: Arm, second: Arm) -> str:
    mine, theirs = flat_settings(first), flat_settings(second)
    return ", ".join(
        f"{name}: {_shown(mine, name)} → {_shown(theirs, name)}"
        for name in sorted(mine.keys() | theirs.keys())
        if name not in DERIVED and mine.get(name) != theirs.get(name)
    )


def _shown(settings: Mapping[str, Any], name: str) -> str:
    return wording.setting(settings[name]) if name in settings else "(none)"


def _notes(first: StudyResults, second: StudyResults, compared: SideBySide) -> tuple[str, ...]:
    tested = wording.counted(compared.family, "comparison")
    verdicts = f"bold: the second is better, ↓: it is worse (Holm over {tested}, α = {ALPHA})"
    notes = [
        "Mean ± half the 95 % interval over seeds; difference is the second study's error minus "
        f"the first's; {verdicts if compared.family else 'nothing could be tested'}. A paired "
        "difference is over the seeds that both have, so that it need not be that of the means. "
        "Arms on different data are not compared."
    ]
    for study in (first, second):
        notes += [f"{study.name} {study.run}: {each}" for each in contradictions(study)]
        if study.searches:
            counts = sorted({len(search_points(study, arm)) for arm in study.arms})
            trials, seeds = " or ".join(str(count) for count in counts), search_seeds(study)
            what = "search trials" if seeds == 1 else f"points, with {seeds} seeds each, searched"
            notes.append(f"{study.name} {study.run}: {trials} {what} per arm.")
        if study.overrides:
            changed = ", ".join(study.overrides)
            notes.append(f"{study.name} {study.run}: changed from the study file: {changed}.")
        notes += [f"{study.name} {study.run}: {note}" for note in skipped_images(study)]
    return tuple(notes)
