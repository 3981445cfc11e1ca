"""What ``incay trace`` prints: a number's formula, its trials and how to train them again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from incay.analysis import wording
from incay.study.spec.hints import command
from incay.trainables.names import SEED

if TYPE_CHECKING:
    from rich.console import Console

    from incay.analysis.content import Cell
    from incay.analysis.tracing.places import Place, TracedTable
    from incay.analysis.tracing.trace import Trace
    from incay.analysis.tracing.trials import TracedArm, TracedTrial
    from incay.trainables.store.trials import Store

_MOST_VALUES = 6
"""Of a setting, that are told; of search trials each has its own."""
_DIGITS = 8
"""Of a fingerprint, where it stands among others in a line."""
_COMMIT = 12


def draw_cells(screen: Console, table: TracedTable) -> None:
    """Print the keys of a table's numbers."""
    screen.print(f"{table.name}, key {table.keys.table}", soft_wrap=True)
    for remark in table.remarks:
        screen.print(f"note: {remark}", soft_wrap=True)
    rows = [(place.key, place.address, place.shown) for place in table.places]
    _draw(screen, ("key", "cell", "shown"), rows, numeric=())


def draw_trace(screen: Console, trace: Trace, store: Store) -> None:
    """Print a number with what stands behind it."""
    for line in _about(trace.place):
        screen.print(line, soft_wrap=True)
    for remark in trace.remarks:
        screen.print(f"note: {remark}", soft_wrap=True)
    if not trace.trials:
        screen.print("no trial stands behind it", soft_wrap=True)
        return
    behind = "" if trace.is_behind else " of the arm, none of which gives a number"
    screen.print(f"\n{wording.counted(len(trace.trials), 'trial')}{behind}:", soft_wrap=True)
    _draw_trials(screen, trace)
    _draw_origins(screen, trace.trials)
    for line in (*_settings(trace), *_again(trace.trials, store)):
        screen.print(line, soft_wrap=True)


def _about(place: Place) -> Iterator[str]:
    cell = place.cell
    yield f"{place.shown}  ({place.row}, {place.column.heading})"
    yield f"table {place.table.name}, key {place.key}"
    if cell.value is not None:
        yield f"unrounded: {_unrounded(cell)}"
    if cell.published is not None:
        yield f"published beside it: {cell.published.value}, {cell.published.source}"
    if cell.formula is not None and not cell.reason:
        yield f"formula: {cell.formula.words}"


def _unrounded(cell: Cell) -> str:
    return f"{cell.value!r}" + ("" if cell.half_width is None else f" ± {cell.half_width!r}")


def _draw_trials(screen: Console, trace: Trace) -> None:
    formula = trace.place.cell.formula
    metrics = dict.fromkeys(formula.metrics if formula is not None else ())
    rows = []
    for each in trace.trials:
        values = each.record.metrics if each.record is not None else {}
        row = (
            each.fingerprint,
            each.arm,
            each.phase,
            _word(each.number),
            _word(each.setting(SEED)),
            each.status,
            *(f"{values[name]!r}" if name in values else "" for name in metrics),
        )
        rows.append(row)
    headings = ("trial", "arm", "phase", "number", "seed", "ending", *metrics)
    _draw(screen, headings, rows, numeric={"number", "seed", *metrics})


def _draw_origins(screen: Console, trials: Sequence[TracedTrial]) -> None:
    """Print when, where and by which code trials were trained; once what is the same of all."""
    recorded = [each for each in trials if each.record is not None]
    facts = {
        "finished": [each.record.finished for each in recorded if each.record],
        "seconds": [f"{each.record.seconds:.1f}" for each in recorded if each.record],
        "host": [_word(each.origin("host")) for each in recorded],
        "device": [_word(each.origin("device")) for each in recorded],
        "training code": [each.record.code_version for each in recorded if each.record],
        "commit": [_commit(each) for each in recorded],
    }
    shared = {name: values[0] for name, values in facts.items() if len(set(values)) == 1}
    told = ", ".join(f"{name} {value}" for name, value in shared.items() if value)
    if told:
        screen.print(f"{'' if len(recorded) == 1 else 'all of them: '}{told}", soft_wrap=True)
    differing = [name for name in facts if name not in shared]
    if differing:
        columns = ([each.fingerprint for each in recorded], *(facts[name] for name in differing))
        _draw(screen, ("trial", *differing), list(zip(*columns, strict=True)), {"seconds"})


def _draw(
    screen: Console, headings: Sequence[str], rows: Iterable[Sequence[str]], numeric: Container[str]
) -> None:
    from rich.table import Table

    drawn = Table(box=None)
    for heading in headings:  # folded, and never cut, where a terminal is narrow
        drawn.add_column(
            heading, justify="right" if heading in numeric else "left", overflow="fold"
        )
    for row in rows:
        drawn.add_row(*row)
    screen.print(drawn)


def _commit(trial: TracedTrial) -> str:
    commit = _word(trial.origin("git_commit"))[:_COMMIT]
    return f"{commit} with changes" if trial.origin("git_diff") else commit


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _settings(trace: Trace) -> Iterator[str]:
    yield ""
    for arm in trace.arms:
        yield from _arm(arm)
    if trace.differing:
        yield "settings in which these trials differ, seeds aside:"
    for name, values in trace.differing.items():
        told = list(values.items())[:_MOST_VALUES]
        parts = [f"{value} ({_whose(trials, trace.trials)})" for value, trials in told]
        more = len(values) - len(told)
        yield f"  {name}: {', '.join(parts)}{f' and {more} more values' if more else ''}"


def _arm(arm: TracedArm) -> Iterator[str]:
    name = f"{arm.name} ({arm.study})"
    if arm.name == arm.baseline:
        yield f"{name} is the baseline"
    elif arm.difference:
        yield f"{name} differs from {arm.baseline} by {_listed(arm.difference)}"
    if arm.searched:
        yield f"{name} has searched settings: {_listed(arm.searched)}"


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={wording.setting(value)}" for name, value in settings.items())


def _whose(some: Sequence[TracedTrial], every: Sequence[TracedTrial]) -> str:
    """Return whose trials some are: an arm's, where they are all of its, else their own names."""
    names = []
    for arm in dict.fromkeys((each.study, each.arm) for each in some):
        mine = [each for each in some if (each.study, each.arm) == arm]
        whole = sum((each.study, each.arm) == arm for each in every)
        if len(mine) == whole:
            names.append(arm[1])
        else:
            names += [each.fingerprint[:_DIGITS] for each in mine]
    return ", ".join(names)


def _again(trials: Sequence[TracedTrial], store: Store) -> Iterator[str]:
    known = [each for each in trials if each.study and each.record is not None]
    finished = [each for each in known if each.record is not None and each.record.is_final]
    if not finished:
        return
    yield ""
    yield "to train each again and compare it with its record (--data-root names its data's place):"
    for each in finished:
        own = ("--uses", "PATH") if each.origin("own_code") else ()
        line = command("verify", each.study, "--trial", each.fingerprint, *own, results=store.uri)
        yield f"  {line}"
    if any(each.origin("own_code") for each in finished):
        yield (
            "PATH is the code of your own that trained it: "
            f"{command('why', finished[0].fingerprint, code='FOLDER', results=store.uri)}"
        )
