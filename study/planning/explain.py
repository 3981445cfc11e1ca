"""Explains why a trial has a result already (a hit) or must be trained (a miss)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from incay.study.errors import UserError
from incay.study.planning.trials import confirm_config, search_config
from incay.study.spec.document import Document
from incay.study.spec.settings import dotted
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.store.books import code_modules
from incay.trainables.store.records import RecordError, TrialRecord
from incay.trainables.store.trials import Store

_MOST_DIFFERENCES = 6
_ENDED_WITHOUT_RESULT = {
    "failed": "it ended as failed, which is no result",
    "interrupted": "it was interrupted before its end",
}


@dataclass
class Explanation:
    """What is known of a fingerprint.

    Attributes:
        fingerprint: All of its digits.
        hit: Whether it has a result.
        lines: The explanation, for a person.
        used: Where it is asked for: (study, run, arm, phase, number).
    """

    fingerprint: str
    hit: bool
    lines: list[str] = field(default_factory=list)
    used: list[tuple[str, str, str, str, int]] = field(default_factory=list)


def explain(store: Store, prefix: str) -> Explanation:
    """Explain the trial whose fingerprint begins with `prefix`.

    Raises:
        UserError: No trial, or more than one, begins so.
    """
    rows = list(_rows(store))
    name = _resolve(store, prefix, rows)
    own = [item for item in rows if item[2]["fingerprint"] == name]
    record, damage = _record(store, name)
    found = Explanation(name, record is not None and record.is_final)
    found.used = [(study, run, row["arm"], row["phase"], row["number"]) for study, run, row in own]
    if record is not None and record.is_final:
        found.lines += _hit(record)
        return found
    if damage:
        found.lines.append(damage)
    elif record is not None:
        found.lines.append(f"{_ENDED_WITHOUT_RESULT[record.status]}: {record.reason}")
    else:
        found.lines.append("no trial of this fingerprint has ended")
    config, data_hash = _asked(store, name, record, own)
    if config is not None:
        found.lines += _relative(store, name, config, data_hash)
    return found


def _hit(record: TrialRecord) -> list[str]:
    origin = record.provenance
    config = TrialConfig.from_dict(record.config)
    lines = [
        f"it ended as {record.status} at step {record.step:,}"
        f"{f' ({record.reason})' if record.reason else ''}, on {origin.get('host')}, "
        f"{origin.get('finished')}, after {float(origin.get('seconds', 0)):.1f} s",
        f"any study that asks for the same settings, data ({record.data_hash[:12]}) and training "
        f"code ({record.code_version}) takes this result",
    ]
    if "stacked" in origin:
        lines.append(_company(origin["stacked"]))
    if code_version(config) != record.code_version:
        lines.append(
            "the training code has changed since: a study that is run now asks for another "
            "fingerprint"
        )
    return lines


def _company(stacked: Mapping[str, Any]) -> str:
    """Say with how many others a trial was trained that was to train in a stack."""
    reason, others = stacked["alone_because"], int(stacked["members"]) - 1
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
        theirs = dotted(TrialConfig.from_dict(record.config))
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
    yield f"the most similar result is {record.fingerprint} ({record.status}); it differs in"
    for key, (own, other) in list(differing.items())[:_MOST_DIFFERENCES]:
        yield f"  {key}: {own!r} here, {other!r} there"
    if len(differing) > _MOST_DIFFERENCES:
        yield f"  and {len(differing) - _MOST_DIFFERENCES} more settings"
    if data_hash is not None and data_hash != record.data_hash:
        yield f"  the data: {data_hash[:12]} here, {record.data_hash[:12]} there"
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


def _rows(store: Store) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every trial that a study of the store has asked for, with the study and its run."""
    for study in store.list("studies"):
        for run in store.list(f"studies/{study}"):
            books = store.read_json(f"studies/{study}/{run}/trials.json") or {"trials": ()}
            for row in books["trials"]:
                yield study, run, row


def _resolve(store: Store, prefix: str, rows: list[tuple[str, str, dict[str, Any]]]) -> str:
    names = {row["fingerprint"] for _, _, row in rows}
    if len(prefix) >= 2:
        names |= set(store.list(f"trials/{prefix[:2]}"))
    names = {name for name in names if name.startswith(prefix)}
    if len(names) != 1:
        what = "none does" if not names else f"{len(names)} do: {', '.join(sorted(names)[:5])}"
        raise UserError(
            f"one trial in {store.where('')} must have a fingerprint that begins with "
            f"{prefix!r}, but {what}"
        )
    (name,) = names
    return str(name)


def _record(store: Store, name: str) -> tuple[TrialRecord | None, str]:
    try:
        return store.read_record(name), ""
    except RecordError as error:
        return None, f"its record cannot be used: {error}"


def _records(store: Store) -> Iterator[TrialRecord]:
    for folder in store.list("trials"):
        for name in store.list(f"trials/{folder}"):
            record, _ = _record(store, name)
            if record is not None:
                yield record


def _asked(
    store: Store,
    name: str,
    record: TrialRecord | None,
    rows: Sequence[tuple[str, str, Mapping[str, Any]]],
) -> tuple[TrialConfig | None, str | None]:
    """Return the trial's settings and data hash, as far as the store knows them."""
    if record is not None:
        return TrialConfig.from_dict(record.config), record.data_hash
    progress = store.read_progress(name)
    if progress is not None:
        return TrialConfig.from_dict(progress["config"]), progress["data_hash"]
    for study, run, row in rows:
        asked = store.read_json(f"studies/{study}/{run}/study.json")
        if asked is None:
            continue
        spec = parse_study(Document(study, asked["document"]))
        arm = next(arm for arm in spec.arms if arm.name == row["arm"])
        if row["phase"] == "search":
            return search_config(spec, arm, row["params"]), None
        return confirm_config(spec, arm, row["number"], row["params"]), None
    return None, None
