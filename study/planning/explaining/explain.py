"""Explains why a trial has a result already (a hit) or must be trained (a miss)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from incay.study.errors import UserError, shown
from incay.study.planning.explaining.own_changes import changed_lines, kept_code
from incay.study.planning.timing.precision import as_begun
from incay.study.planning.trials import row_config
from incay.study.spec.paths import ANYWHERE
from incay.study.spec.reading.document import Document
from incay.study.spec.settings import dotted
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import FILES
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.kept import code_modules
from incay.trainables.store.naming import DIGITS
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.runs.known import every_run
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

_MOST_DIFFERENCES = 6


@dataclass(frozen=True)
class Asked:
    """A trial that a study asks for.

    Attributes:
        books: Of the study's run.
        row: The trial, as they list it.
    """

    books: Books
    row: TrialRow


@dataclass
class Explanation:
    """What is known of a fingerprint.

    Attributes:
        fingerprint: All of its digits.
        hit: Whether it has a result.
        lines: The explanation, for a person.
        used: Where it is asked for.
    """

    fingerprint: str
    hit: bool
    lines: list[str] = field(default_factory=list)
    used: list[Asked] = field(default_factory=list)


def explain(store: Store, prefix: str) -> Explanation:
    """Explain the trial whose fingerprint begins with `prefix`.

    Raises:
        UserError: No trial, or more than one, begins so.
    """
    asked = [Asked(books, row) for books in every_run(store) for row in books.trials()]
    name = _resolve(store, prefix, {each.row.fingerprint for each in asked})
    record, damage = _record(store, name)
    found = Explanation(name, record is not None and record.is_final)
    found.used = [each for each in asked if each.row.fingerprint == name]
    if record is not None and record.is_final:
        found.lines += _hit(store, record)
        return found
    if damage:
        found.lines.append(damage)
    elif record is not None:
        found.lines.append(f"{_without_result(record.status)}: {record.reason}")
    else:
        found.lines.append("no trial of this fingerprint has ended")
    try:
        config, data_hash = _settings(store, name, record, found.used)
    except UserError as error:
        found.lines.append(f"this program does not know its settings (any more): {error}")
        return found
    if config is not None:
        found.lines += _relative(store, name, config, data_hash)
    return found


def _without_result(ending: Ending) -> str:
    if ending.is_open:
        return f"it was {ending} before its end"
    return f"it ended as {ending}, which is no result"


def _hit(store: Store, record: TrialRecord) -> list[str]:
    origin = record.provenance
    lines = [
        f"it ended as {record.status} at step {record.step:,}"
        f"{f' ({record.reason})' if record.reason else ''}, on {origin.get('host')}, "
        f"{record.finished}, after {record.seconds:.1f} s",
        f"any study that asks for the same settings, data ({record.data_hash[:12]}) and training "
        f"code ({record.code_version}) takes this result",
    ]
    if "stacked" in origin:
        lines.append(_company(origin["stacked"]))
    try:
        version = code_version(TrialConfig.from_dict(record.config))
    except UserError as error:
        lines += [f"this program could not train it again: {error}", *kept_code(record)]
        return [*lines, *changed_lines(store, record)]
    if version != record.code_version:
        lines.append(
            "the training code has changed since: a study that is run now asks for another "
            "fingerprint"
        )
        lines += changed_lines(store, record)
    return lines


def _company(stacked: Mapping[str, Any]) -> str:
    """Say with how many others a trial was trained that was to train in a stack."""
    reason, others = stacked.get("alone_because"), int(stacked.get("members", 1)) - 1
    if not others:
        return f"it trained alone{f': {reason}' if reason else ''}"
    together = (
        f"it trained together with up to {others} others"
        if others > 1
        else ("it trained together with another")
    )
    return f"{together}{f', later alone: {reason}' if reason else ''}"


def _relative(store: Store, name: str, config: TrialConfig, data_hash: str | None) -> Iterator[str]:
    """Explain the miss by the recorded trial that is most like it."""
    settings = dotted(config)
    best: tuple[int, TrialRecord, dict[str, tuple[Any, Any]]] | None = None
    for record in _records(store):
        if record.fingerprint == name or not record.is_final:
            continue
        try:
            theirs = dotted(TrialConfig.from_dict(record.config))
        except UserError:
            continue  # of a component that this program does not have
        differing = {
            key: (settings.get(key), theirs.get(key))
            for key in sorted({*settings, *theirs})
            if settings.get(key) != theirs.get(key)
        }
        if best is None or len(differing) < best[0]:
            best = len(differing), record, differing
    if best is None:
        yield "the store holds no other result"
        return
    _, record, differing = best
    similar = f"the most similar result is {record.fingerprint} ({record.status})"
    lines = list(_differences(store, config, data_hash, record, differing))
    if lines:
        yield f"{similar}; it differs in"
        yield from lines
        return
    yield (
        f"{similar}; its settings and training code are what this trial would have today, so the "
        "fingerprint was asked for with other data, or with training code that has changed since"
    )


def _differences(
    store: Store,
    config: TrialConfig,
    data_hash: str | None,
    record: TrialRecord,
    differing: Mapping[str, tuple[Any, Any]],
) -> Iterator[str]:
    for key, (own, other) in list(differing.items())[:_MOST_DIFFERENCES]:
        yield f"  {key}: {own!r} here, {other!r} there"
    if len(differing) > _MOST_DIFFERENCES:
        yield f"  and {len(differing) - _MOST_DIFFERENCES} more settings"
    if data_hash is not None:
        (data, _, files), (their_data, _, their_files) = (
            each.partition(FILES) for each in (data_hash, record.data_hash)
        )
        if data != their_data:
            yield f"  the data: {data[:12]} here, {their_data[:12]} there"
        if files != their_files:
            yield (
                "  the content of files that its settings name: "
                f"{files[:12] or 'none'} here, {their_files[:12] or 'none'} there"
            )
    if not differing and code_version(config) != record.code_version:
        yield from _code_difference(store, config, record)


def _code_difference(store: Store, config: TrialConfig, record: TrialRecord) -> Iterator[str]:
    yield f"  the training code: {code_version(config)} now, {record.code_version} there"
    theirs, ours = code_modules(store, record.code_version), code_files(config)
    if theirs is None:
        return
    for module in sorted({*theirs, *ours}):
        if theirs.get(module) != ours.get(module):
            yield f"    {module} has changed"
    yield from changed_lines(store, record)


def _resolve(store: Store, prefix: str, asked: Set[str]) -> str:
    """Return the one fingerprint that begins so, of those asked for and those recorded."""
    may_be = re.fullmatch(rf"[0-9a-f]{{2,{DIGITS}}}", prefix)
    recorded = store.fingerprints(prefix) if may_be else ()
    names: set[str] = {name for name in (*asked, *recorded) if name.startswith(prefix)}
    if len(names) != 1:
        what = "none does" if not names else f"{len(names)} do: {', '.join(sorted(names)[:5])}"
        raise UserError(
            f"one trial in {store.where('')} must have a fingerprint that begins with "
            f"{shown(prefix)}, but {what}"
        )
    return names.pop()


def _record(store: Store, name: str) -> tuple[TrialRecord | None, str]:
    try:
        return store.read_record(name), ""
    except RecordError as error:
        return None, f"its record cannot be used: {error}"


def _records(store: Store) -> Iterator[TrialRecord]:
    for name in store.fingerprints():
        record, _ = _record(store, name)
        if record is not None:
            yield record


def _settings(
    store: Store, name: str, record: TrialRecord | None, used: Sequence[Asked]
) -> tuple[TrialConfig | None, str | None]:
    """Return the trial's settings and data hash, as far as the store knows them."""
    if record is not None:
        return TrialConfig.from_dict(record.config), record.data_hash
    progress = store.read_progress(name)
    if progress is not None:
        return TrialConfig.from_dict(progress.config), progress.data_hash
    for each in used:
        study, row = each.books.study(), each.row
        if study is None:
            continue
        document = Document(each.books.name, dict(study.document), data_root=ANYWHERE)
        spec = parse_study(document)
        spec = as_begun(spec, store) or spec
        arm = next(arm for arm in spec.arms if arm.name == row.arm)
        return row_config(spec, arm, row), None
    return None, None
