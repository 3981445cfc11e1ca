"""The notes on tests: what was compared, by which rule, what is undecided and what would decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from incay.analysis import wording
from incay.analysis.comparing.comparisons import ALPHA, Comparison
from incay.analysis.content import Tested
from incay.analysis.statistics.sequential.always_valid import least_seeds

UNDECIDED = "Undecided"
"""So notes begin that say what is open."""
SPENDINGS = {"obrien-fleming": "O'Brien–Fleming", "pocock": "Pocock"}


def test_notes(comparisons: Mapping[str, Comparison]) -> list[str]:
    """Return the notes on a table's tests."""
    tested = [each for each in comparisons.values() if each.basis.adjusted_p is not None]
    notes = []
    for rule, told in (("fixed", _fixed), ("looks", _looks), ("always-valid", _always_valid)):
        of_rule = [each for each in tested if each.before is None and each.rule == rule]
        if of_rule:
            notes.append(told(of_rule))
    return [
        note
        for note in (*notes, _before(tested), _waiting(comparisons.values()), _open(tested))
        if note
    ]


def tested(comparison: Comparison) -> Tested:
    """Return a comparison as it is written into JSON."""
    basis = comparison.basis
    return Tested(
        arm=comparison.arm,
        reference=comparison.reference,
        metric=comparison.metric,
        rule=comparison.rule,
        look=basis.judged.number if basis.judged.looks else 0,
        looks=basis.judged.planned,
        n=basis.test.n,
        difference=basis.test.difference,
        half_width=basis.test.half_width,
        p=basis.judged.printed_p,
        boundary=basis.boundary,
        adjusted_p=basis.adjusted_p,
        verdict=comparison.verdict,
        why="" if comparison.before is not None else comparison.judged.waits,
    )


def look_text(comparison: Comparison) -> str:
    """Return at which look a comparison stands, such as ``2 of 4, 10 seeds``."""
    judged = comparison.basis.judged
    seeds = wording.counted(judged.test.n, comparison.unit)
    text = seeds
    if comparison.rule == "looks":
        text = f"look {judged.number} of {len(judged.planned)}, {seeds}"
    return text if comparison.before is None else f"earlier plan, {text}"


def describe_need(comparison: Comparison) -> str:
    """Return what would decide a comparison, as far as anybody can say."""
    if not comparison.test.differs:
        return "no difference measured"
    if not comparison.test.spreads:
        return "cannot be said: the differences show no spread"
    if comparison.rule == "looks":
        return _next_look(comparison)
    if comparison.rule == "always-valid":
        least = least_seeds(comparison.level * comparison.judged.share)
        if comparison.test.n < least:
            return f"nothing can with fewer than {least} seeds"
        return "seeds may be added and looked at at any time"
    more = comparison.more_seeds()
    if more is None:
        return "cannot be said of so few seeds"
    return wording.more_seeds(
        more.point,
        more.least,
        more.most,
        (more.point or 0) * _hours(comparison),
        _device(comparison),
        comparison.unit,
    )


def _next_look(comparison: Comparison) -> str:
    found = comparison.next_look()
    if found is None:
        return "undecided at the last look"
    seeds, chance = found
    more = seeds - comparison.test.n
    time = wording.device_time(more * _hours(comparison), _device(comparison))
    return (
        f"the look after {seeds} seeds, with a chance of {chance.as_measured:.0%} "
        f"({chance.least:.0%} to {chance.most:.0%}), {time}"
    )


def _hours(comparison: Comparison) -> float:
    return comparison.seconds_per_seed / 3600.0


def _device(comparison: Comparison) -> str:
    return "GPU" if comparison.on_gpu else "CPU"


def _fixed(tested: list[Comparison]) -> str:
    on = "on the same seeds (paired t-test"
    if tested[0].unit != "seed":
        on = "search by search, on the same seeds (paired t-test of the searches' means"
    return f"Compared {on}, two-sided, {_holm(tested)}): {_found(tested)}."


def _looks(tested: list[Comparison]) -> str:
    planned = [str(seeds) for seeds in tested[0].basis.judged.planned]
    spending = SPENDINGS[tested[0].basis.judged.spending]
    text = (
        f"Compared on the same seeds at the looks that were declared, after "
        f"{', '.join(planned[:-1])} and {planned[-1]} seeds (paired t-test, two-sided, "
        f"{_holm(tested)}, shared out among looks by {spending} spending): {_found(tested)}. "
        "Intervals of differences hold at any of these looks; those of means are for one look."
    )
    early = [each for each in tested if each.decided and not each.judged.ended]
    if early:
        text += (
            f" Decided before the last look: {', '.join(_counted(each) for each in early)}. A mean "
            "at which a study stopped early lies, on average, further from the reference than "
            "the truth."
        )
    return text


def _always_valid(tested: list[Comparison]) -> str:
    plans = {(plan.study, plan.run): plan for each in tested for plan in each.basis.judged.earlier}
    seen = ", ".join(f"{plan.study}@{plan.run} until {plan.looked}" for plan in plans.values())
    least = max(least_seeds(each.level * each.judged.share) for each in tested)
    spent = [each for each in tested if each.judged.share < 1.0]
    left = (
        ", of which a tenth is left: the rest is for the test of the earlier plan" if spent else ""
    )
    return (
        f"Results had been seen under another plan ({seen}), so that the number of seeds may hang "
        f"on them: tested by an always-valid p-value ({_holm(tested)}{left}), which may be looked "
        f"at after every seed: {_found(tested)}. Intervals of differences hold at any time, those "
        "of means for one look. "
        f"Fewer than {least} seeds can decide nothing by it."
    )


def _before(tested: list[Comparison]) -> str:
    """Return what an earlier plan had decided by its own rule."""
    parts = [
        f"{each.arm} ({each.verdict} after {wording.counted(each.before.test.n, 'seed')}, "
        f"p = {each.before.adjusted_p:.2g})"
        for each in tested
        if each.before is not None
    ]
    if not parts:
        return ""
    return f"Decided by an earlier plan: {', '.join(parts)}."


def _waiting(comparisons: Iterable[Comparison]) -> str:
    parts = [
        f"{each.arm} ({each.judged.waits})"
        for each in comparisons
        if each.judged.waits and each.before is None
    ]
    return f"Not tested: {', '.join(parts)}." if parts else ""


def _open(tested: list[Comparison]) -> str:
    undecided = [each for each in tested if not each.decided]
    last = [each.arm for each in undecided if each.rule == "looks" and each.is_at_last_look]
    at_last = f"{UNDECIDED} at the last look: {', '.join(last)}." if last else ""
    parts = [f"{each.arm} ({describe_need(each)})" for each in undecided if each.arm not in last]
    if not parts:
        return at_last
    text = (
        f"{UNDECIDED}; what would decide, were the effect as measured (in brackets: anywhere in "
        f"its 95 % interval): {'; '.join(parts)}."
    )
    if any(each.rule == "fixed" and each.unit == "seed" for each in undecided):
        text += (
            " Seeds that are added now are tested by a stricter rule; looks that a study declares "
            "beforehand (confirm.looks) are not."
        )
    return f"{text} {at_last}".rstrip()


def _holm(tested: list[Comparison]) -> str:
    seen = tested[0].beside
    text = f"Holm over {wording.counted(tested[0].family, 'comparison')}"
    if seen.count:
        text += f", {seen.count} of them seen beside these in {', '.join(seen.runs)}"
    return f"{text}, α = {ALPHA}"


def _found(tested: list[Comparison]) -> str:
    pairs = ", ".join(f"{each.arm} with {each.reference}" for each in tested)
    if any(each.decided for each in tested):
        return f"{pairs}; bold is better, ↓ is worse"
    return f"{pairs}; no difference is supported"


def _counted(comparison: Comparison) -> str:
    return f"{comparison.arm} ({wording.counted(comparison.test.n, 'seed')})"
