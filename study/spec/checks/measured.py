"""What a study asks its trials to measure: its objective, and the columns of its table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from incay.study.errors import shown
from incay.study.spec.arms.building import Arm
from incay.study.spec.arms.stopping import stops_early
from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document
from incay.trainables import metrics
from incay.trainables.measures import measures
from incay.trainables.registry import describe_unknown

_WOULD = {
    metrics.TEST: "leak what the study is to measure",
    metrics.TRAIN: "take what fits the training images best, and not what holds for others",
}


_WITHOUT_CLASS_VECTORS = frozenset({"subcenter-arcface"})
"""Losses with no single vector for each class."""


def check_measured(document: Document, header: Header, arms: Sequence[Arm]) -> None:
    """Refuse what is unknown, and what no trial could measure.

    Raises:
        StudyError: It names the metric and what it needs.
    """
    _check_columns(document, header, arms)
    _check_objective(document, header, arms)


def _check_columns(document: Document, header: Header, arms: Sequence[Arm]) -> None:
    """Refuse columns of a table that has its own, or that would be empty in every arm."""
    if header.columns and header.table is not None:
        raise document.error(
            ("columns",), f"columns must be of no other table, but table is {header.table!r}"
        )
    known = metrics.all_quantities()
    for name in header.columns:
        split = metrics.split_of(name)
        word = metrics.word_of(name) if split in metrics.SPLITS else name
        if word not in known and split != metrics.TRAIN:  # a loss may train by terms of its own
            raise document.error(("columns",), describe_unknown("a column", name, known))
        if split == metrics.VALIDATION and not stops_early(arms):
            raise document.error(
                ("columns",),
                f"{name} needs images held out in the confirm phase, which only studies that stop "
                f"early have: say {word}, which is of the test split, or train",
            )
        why = [_why_never(split or metrics.TEST, word, arm) for arm in arms]
        if all(why):
            raise document.error(("columns",), f"{name} needs {why[0]}")


def _why_never(split: str, word: str, arm: Arm) -> str:
    """Return what an arm's trials lack for a metric, empty where they lack nothing."""
    config = arm.config
    if word not in measures:
        return ""
    if word.startswith("ood.") and not config.measure.ood:
        return (
            "images out of distribution, such as measure.ood: [shuffled], but "
            f"{arm.name!r} names none"
        )
    if split == metrics.TRAIN and not config.measure.train:
        return f"measure.train: true, but {arm.name!r} has false"
    loss = config.loss.name
    if "class_weight" in measures[word].needs and loss in _WITHOUT_CLASS_VECTORS:
        return f"one vector for each class, but {loss}, the loss of {arm.name!r}, has several"
    return ""


def _check_objective(document: Document, header: Header, arms: Sequence[Arm]) -> None:
    searches = any(arm.search for arm in arms)
    if not searches and not document.has(("objective",)):
        return
    if searches and header.protocol == "paper":
        raise document.error(
            ("protocol",), "protocol 'paper' reads the test set and so must search nothing"
        )
    known = metrics.evaluated(metrics.VALIDATION) + metrics.measured(metrics.VALIDATION)
    for metric, mode in header.objective.directions.items():
        path = ("objective", "also" if metric in header.objective.also else "metric")
        if metrics.split_of(metric) not in metrics.SPLITS:
            raise document.error(path, _unknown_metric(metric, known))
        if metrics.split_of(metric) != metrics.VALIDATION:
            raise document.error(
                path,
                "objective.metric must be a metric of the validation split (val.…): choosing by "
                f"{shown(metric)} would {_WOULD[metrics.split_of(metric)]}",
            )
        if metric not in known:
            raise document.error(path, _unknown_metric(metric, known))
        _check_measured(document, header, arms, metric, path)
        quantity = metrics.quantity_of(metric)
        wanted = quantity.better if quantity else None
        if wanted is None and path[1] == "metric" and not document.has(("objective", "mode")):
            raise document.error(
                path,
                f"objective.mode must be said for {metric}, min or max, as neither less nor more "
                "of it is better in itself",
            )
        better = {"less": "min", "more": "max", None: mode}[wanted]
        if mode != better:
            path = path if path[1] == "also" else ("objective", "mode")
            raise document.error(
                path, f"must be {better} for {metric}, as {wanted} of it is better, but is {mode}"
            )


def _check_measured(
    document: Document, header: Header, arms: Sequence[Arm], metric: str, path: tuple[str, ...]
) -> None:
    """Refuse an objective that trials would not measure, or not when a pruner asks for it."""
    for arm in arms:
        if why := _why_never(metrics.VALIDATION, metrics.word_of(metric), arm):
            raise document.error(path, f"{metric} needs {why}")
    pruned = header.budget is not None and header.budget.pruner != "none"
    seldom = [arm.name for arm in arms if not arm.config.measure.reports]
    if pruned and seldom and metric not in metrics.reported(metrics.VALIDATION):
        raise document.error(
            path,
            f"a pruner needs {metric} at every report: say measure.reports: true in base, or "
            f"budget.pruner: none; but {seldom[0]!r} measures it at the end only",
        )


def _unknown_metric(metric: str, known: list[str]) -> str:
    """Return what is wrong with a metric that there is none of, and which was probably meant."""
    word = metric.rpartition(".")[2].lower()
    meant = {"accuracy": "error", "acc": "error", "top1": "error", "err": "error"}.get(word, word)
    name = f"{metrics.VALIDATION}.{meant}"
    close = [name] if name in known else difflib.get_close_matches(name, known, n=1)
    why = ", to be made small: accuracy is 100 - error" if meant != word else ""
    hint = f" (did you mean {close[0]!r}{why}?)" if close else ""
    first = [each for each in metrics.evaluated(metrics.VALIDATION) if each in known]
    listed = ", ".join([*first, *sorted(set(known) - set(first))])
    return f"must be a metric of the validation split, but got {shown(metric)}{hint}: {listed}"
