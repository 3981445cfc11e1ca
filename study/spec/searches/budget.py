"""Whether what a study says of its searches and their budget goes together."""

from __future__ import annotations

from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document

LEAST_FOR_WILCOXON = 5
"""Seeds. After four, all worse than the best point's, the signed-rank test's p is 1/16; the last
seed leaves nothing to spare, and with fewer before it p cannot fall below 0.1."""


def check_budget(document: Document, header: Header) -> None:
    """Refuse keys that contradict one another.

    Raises:
        StudyError: It names the key, and what would go.
    """
    if header.searches > 1 and not document.values.get("search"):
        raise document.error(
            ("searches",),
            f"must be 1 where nothing is searched, but got {header.searches}",
        )
    if header.searches > 1 and header.confirm.model_fields_set - {"seeds"}:
        raise document.error(
            ("searches",),
            "repeated searches must be confirmed with a fixed number of seeds each "
            "(confirm.seeds), and nothing else",
        )
    budget = header.budget
    if budget is None:
        return
    if budget.trainings is not None and "trials" in budget.model_fields_set:
        raise document.error(
            ("budget", "trainings"),
            "must be given in place of budget.trials, but both are: "
            f"{budget.trainings} trainings, {budget.trials} trials",
        )
    if budget.trainings is not None and budget.trainings < budget.seeds:
        raise document.error(
            ("budget", "trainings"),
            f"must be enough for one point, which has {budget.seeds} seeds, but "
            f"got {budget.trainings}",
        )
    if budget.trainings is not None and budget.race != "none" and budget.sampler == "grid":
        raise document.error(
            ("budget", "trainings"),
            "budget.trainings must not be given where a race spares trainings of a grid: it has no "
            "further points for them, so that arms would get unequal numbers. budget.trials can be",
        )
    if budget.seeds > 1 and budget.pruner != "none" and budget.race == "none":
        raise document.error(
            ("budget", "pruner"),
            "must be none where a point is trained with several seeds and no race, but got "
            f"{budget.pruner!r}: a trial that is cut has no value for its point's mean. With "
            "budget.race the first seed is pruned, and a point that is cut spared the others",
        )
    if budget.seeds == 1 and budget.race != "none":
        raise document.error(
            ("budget", "race"),
            f"must be none where budget.seeds is 1, but got {budget.race!r}: there is "
            "nothing to spare",
        )
    if budget.race == "wilcoxon" and budget.seeds < LEAST_FOR_WILCOXON:
        raise document.error(
            ("budget", "race"),
            f"wilcoxon must have at least {LEAST_FOR_WILCOXON} budget.seeds, but got "
            f"{budget.seeds}: from fewer its test can conclude nothing. race: paired can",
        )
