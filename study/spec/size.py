"""How large a study may be: one that nobody could ever train is refused before it is planned."""

from __future__ import annotations

from collections.abc import Sequence

from incay.study.spec.arms.building import Arm
from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document

MOST_TRIALS = 100_000
"""Of one study. To plan this many takes about a minute; a slip of the keyboard asks for more."""


def check_size(document: Document, header: Header, arms: Sequence[Arm]) -> None:
    """Refuse a study of more trials than can be planned.

    Raises:
        StudyError: It names the number that is to blame.
    """
    seeds, searched, budget = _numbers(header, arms)
    total = trial_count(header, arms)
    if total <= MOST_TRIALS:
        return
    parts = [f"{seeds:,} seeds of {len(arms):,} arms"]
    if budget * searched:
        parts.append(f"{budget:,} search trials of {searched:,} arms")
    is_search = budget * searched > seeds * len(arms)
    raise document.error(
        ("budget", "trials") if is_search else ("confirm", "seeds"),
        f"a study must have at most {MOST_TRIALS:,} trials, but {' and '.join(parts)} are "
        f"{total:,}",
    )


def trial_count(header: Header, arms: Sequence[Arm]) -> int:
    """Return how many trials a study has, at most."""
    seeds, searched, budget = _numbers(header, arms)
    return seeds * len(arms) + budget * searched


def _numbers(header: Header, arms: Sequence[Arm]) -> tuple[int, int, int]:
    """Return seeds, searched arms, and the trials of each search."""
    given = header.confirm.seeds
    seeds = given if isinstance(given, int) else len(given)
    budget = header.budget.trials if header.budget is not None else 0
    return seeds, sum(bool(arm.search) for arm in arms), budget
