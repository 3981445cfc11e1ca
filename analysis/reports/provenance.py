"""Where, with what and on which data the study's trials were trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from incay.analysis.results.study import StudyResults

_FACTS = ("host", "device", "python", "git_commit", "git_diff")


@dataclass(frozen=True)
class Provenance:
    """Where trials come from.

    Attributes:
        values: By fact, how many trials have which value; facts without values left out.
        hours: What all trials took, on their devices.
    """

    values: Mapping[str, Counter[str]]
    hours: float


def provenance(results: StudyResults) -> Provenance | None:
    """Return what records say of their training; None where no trial has one yet."""
    records = [trial.record for trial in results.trials if trial.record is not None]
    if not records:
        return None
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
    seconds = sum(trial.seconds for trial in results.trials)
    known = {name: values for name, values in facts.items() if values}
    return Provenance(known, seconds / 3600.0)
