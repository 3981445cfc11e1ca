"""From a study's results to its figures."""

from __future__ import annotations

import json

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import figures
from incay.analysis.figures.figure import Figure
from incay.analysis.results.protocol import protocol_sentence
from incay.analysis.results.study import StudyResults


def build_figure(results: StudyResults, name: str) -> Figure:
    """Return a figure of a study.

    Raises:
        AnalysisError: There is no such figure, or the study does not hold its data.
    """
    definition = figures[name]
    data = definition.data(results)
    arms = json.dumps([arm.name for arm in results.arms]).encode()
    return Figure(
        name=name,
        definition=definition,
        study=results.name,
        run=results.run,
        protocol=protocol_sentence(results),
        data=data.replace_schema_metadata({**(data.schema.metadata or {}), b"arms": arms}),
    )


def every_figure(results: StudyResults) -> dict[str, Figure | AnalysisError]:
    """Return each figure of a study by name, or why the study does not hold its data.

    A figure of two names comes once. They are made once: a report and its attachments show the
    same ones.
    """
    made: dict[str, Figure | AnalysisError] = results.cache.setdefault("figures", {})
    if not made:
        seen: set[int] = set()
        for name, definition in figures.items():
            if id(definition) in seen:  # paper B's name of paper A's figure
                continue
            seen.add(id(definition))
            try:
                made[name] = build_figure(results, name)
            except AnalysisError as error:
                made[name] = error
    return made
