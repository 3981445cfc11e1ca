"""The notes of a table: what ± and bold stand for, what was changed, what is undecided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from incay.analysis import wording
from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.content import Column, Row
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.layouts.names import is_straight_through
from incay.analysis.tables.layouts.notes.trained import shared_sentence
from incay.analysis.tables.layouts.searched import VALIDATED
from incay.analysis.tables.layouts.tested import test_notes
from incay.trainables import names
from incay.trainables.metrics import NORM


def study_notes(
    results: StudyResults,
    columns: Sequence[Column],
    rows: Sequence[Row],
    comparisons: Mapping[str, Comparison],
    published: PublishedTable | None = None,
) -> tuple[str, ...]:
    """Return the notes that a table of measured numbers carries."""
    notes = [_interval(results, columns, rows), *test_notes(comparisons)]
    if published is not None:
        verdicts = _verdicts(rows, published)
        notes += [verdicts, *published.remarks]
        if verdicts:
            notes.append(_departure(results, published))
    notes += [shared_sentence(results), _devices(results), _gradients(results)]
    notes += [f"{text[:1].upper()}{text[1:]}." for text in results.unreached]
    if results.overrides:
        notes.append(f"Changed from the study file: {', '.join(results.overrides)}.")
    return tuple(note for note in notes if note)


def _gradients(results: StudyResults) -> str:
    """Return which arms' losses have the margin in their value only."""
    straight = [arm.name for arm in results.arms if is_straight_through(arm)]
    if not straight:
        return ""
    return (
        f"Straight-through gradient ({', '.join(straight)}): the loss's value has the margin, its "
        "gradient is that of the cosine without it."
    )


def _devices(results: StudyResults) -> str:
    """Return which devices trained the confirm trials; more than one may be why arms differ."""
    records = [
        trial.record
        for trial in results.trials
        if trial.phase == "confirm" and trial.record is not None
    ]
    kinds = {"cpu": "CPU", "cuda": "GPU"}
    found = Counter(
        f"{kinds.get(str(each.provenance.get('device_type')), 'device')} "
        f"{each.provenance.get('device')}"
        for each in records
        if each.provenance.get("device")
    )
    if len(found) < 2:
        return "".join(f"Trained on {name}." for name in found)
    parts = [f"{name} ({wording.counted(n, 'trial')})" for name, n in found.most_common()]
    return f"Trained on different devices: {', '.join(parts)}."


def _interval(results: StudyResults, columns: Sequence[Column], rows: Iterable[Row]) -> str:
    keys = {column.key for column in columns} - {VALIDATED}  # of the search's seeds, told apart
    cells = [cell for row in rows for key, cell in row.cells.items() if key in keys]
    counts = {cell.n for cell in cells if cell.value is not None and cell.n}
    if not counts:
        return ""
    if results.repetitions > 1:
        return _over_searches(results, counts)
    if counts == {1}:
        return "One seed: it shows no spread, so no interval is given and no difference tested."
    least, most = min(counts), max(counts)
    seeds = f"{most}" if least == most else f"n = {least} to {most}"
    note = f"Mean ± half the 95 % interval (Student's t) over {seeds} seeds."
    return note + (" A single seed has no interval." if 1 in counts else "")


def _over_searches(results: StudyResults, counts: set[int]) -> str:
    each = wording.counted(results.replicates // results.repetitions, "seed")
    least, most = min(counts), max(counts)
    if most == 1:
        return "One search: it shows no spread, so no interval is given and no difference tested."
    searches = f"{most}" if least == most else f"n = {least} to {most}"
    return (
        f"Mean ± half the 95 % interval (Student's t) over {searches} searches; the value of a "
        f"search is the mean over the {each} that confirmed its winner. What varies: seeds of "
        "training, search and validation split."
    )


def _verdicts(rows: Iterable[Row], published: PublishedTable) -> str:
    found = [cell.published for row in rows for cell in row.cells.values() if cell.published]
    if not any(each.verdict for each in found):
        return ""
    allowed = [
        f"{quantity} ± {f'{tolerance:.0%}' if quantity == NORM.name else f'{tolerance:g}'}"
        for quantity, tolerance in published.tolerances.items()
    ]
    allowed += [
        f"{line.heading} ± {line.tolerance:g}"
        for line in (*published.rows, *published.columns)
        if line.tolerance is not None
    ]
    return (
        "Beside published numbers: = reproduced, ≠ different, ? undecided (90 % interval of the "
        f"mean against {', '.join(allowed)}, two one-sided tests)."
    )


def _departure(results: StudyResults, published: PublishedTable) -> str:
    """Return a departure that a verdict beside the paper's number does not know of."""
    rates = {arm.setting(names.LEARNING_RATE) for arm in results.arms} - {
        None,
        published.learning_rate,
    }
    if published.learning_rate is None or not rates:
        return ""
    ours = " or ".join(f"{rate:g}" for rate in sorted(rates))
    return (
        f"Trained from a learning rate of {ours}, the paper from {published.learning_rate:g}: the "
        "verdicts take no account of that."
    )
