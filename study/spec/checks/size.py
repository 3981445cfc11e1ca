"""How large a study may be: what nobody could ever train is refused before it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from incay.study.spec.arms.building import Arm
from incay.study.spec.arms.places import GRID
from incay.study.spec.header import HIGHEST, Header
from incay.study.spec.messages import counted
from incay.study.spec.reading.document import Document


def check_arm_count(document: Document, header: Header, cells: Mapping[str, int]) -> None:
    """Refuse a study of more arms than its limit; none is built yet.

    Args:
        document: The study.
        header: Its own keys.
        cells: How many arms each key below ``arms`` makes.

    Raises:
        StudyError: It names the limit, and the grid that alone would pass it.
    """
    parts = len(header.ablation.parts) if header.ablation is not None else 0
    total, most = sum(cells.values()) + parts, header.limits.arms
    if total <= most:
        return
    largest = max(cells, key=lambda source: cells[source])
    path: tuple[str, ...] = ("arms",)
    text = f"has {counted(total)}"
    if cells[largest] > most:
        path, text = ("arms", largest, GRID), f"this grid alone has {counted(cells[largest])}"
    raise document.error(
        path, f"a study must have at most {most:,} arms, but {text}{_raised('arms', total)}"
    )


def check_size(document: Document, header: Header, arms: Sequence[Arm]) -> None:
    """Refuse a study of more trials than its limit.

    Raises:
        StudyError: It names the number that is to blame.
    """
    seeds, searched, budget = _numbers(header, arms)
    total, most = trial_count(header, arms), header.limits.trials
    if total <= most and budget <= most:
        return
    parts = [f"{counted(seeds)} seeds of {len(arms):,} arms"]
    if budget * searched:
        parts.append(f"{counted(budget)} search trials of {searched:,} arms")
    is_search = budget * searched > seeds * len(arms) or budget > most
    text = f"{' and '.join(parts)} are {counted(total)}"
    if total <= most:
        text = f"its search may take {counted(budget)}"
    text += _raised("trials", max(total, budget))
    raise document.error(
        ("budget", "trials") if is_search else _seeds_key(document),
        f"a study must have at most {most:,} trials, but {text}",
    )


def _seeds_key(document: Document) -> tuple[str, str]:
    """Return the key that says how many seeds a study has, at most."""
    keys = ("looks", "at_most", "seeds")
    return "confirm", next((key for key in keys if document.has(("confirm", key))), "seeds")


def trial_count(header: Header, arms: Sequence[Arm]) -> int:
    """Return how many trials a study has, at most."""
    seeds, searched, budget = _numbers(header, arms)
    return seeds * len(arms) + budget * searched


def _raised(limit: str, wanted: int) -> str:
    """Return how to raise a limit, where that can make sense."""
    highest = HIGHEST[limit]
    return f" (limits.{limit}: {wanted} allows it)" if wanted <= highest else ""


def _numbers(header: Header, arms: Sequence[Arm]) -> tuple[int, int, int]:
    """Return seeds, searched arms, and the trials of each search."""
    budget = header.budget.most if header.budget is not None else 0
    times = header.searches
    seeds = header.confirm.all_looks[-1] * times
    return seeds, sum(bool(arm.search) for arm in arms), budget * times
