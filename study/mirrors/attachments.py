"""Table, figures and report of a study that has ended, as artifacts of its MLflow run.

Made by the mirror, in a process of its own: never on the path of training. They are made again
only where the results behind them have changed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from incay.trainables.store.books import Books
from incay.trainables.store.trials import Store

if TYPE_CHECKING:
    from incay.analysis.results.study import StudyResults


def ended_results(store: Store, study: str, run: str) -> StudyResults | None:
    """Return a study's results, None while any of its trials has not ended.

    A study that has not begun to confirm has no table to show yet.
    """
    from incay import analysis

    results = analysis.load(store, study, run, noted=False)
    confirmed = any(trial.phase == "confirm" for trial in results.trials)
    open_ = any(trial.status.is_open for trial in results.trials)
    return results if confirmed and not open_ else None


def digest(results: StudyResults) -> str:
    """Return a hash of everything that attachments show: books and records, in any order."""
    document = Books(results.store, results.name, results.run).study_text()
    trials = sorted(
        json.dumps(
            [
                trial.arm,
                trial.phase,
                trial.number,
                *([trial.label] if trial.label != str(trial.number) else []),
                trial.record.to_json() if trial.record is not None else trial.problem,
            ]
        )
        for trial in results.trials
    )
    return hashlib.sha256(b"\n".join([document, *map(str.encode, trials)])).hexdigest()[:20]


def write_attachments(results: StudyResults, folder: Path) -> None:
    """Write the table as Markdown, HTML and CSV with manifests, ``report.html`` and ``figures/``.

    Arms with unequal budgets are shown with their marks: nobody is there to be refused. Of
    figures, those that the study holds data for.

    Raises:
        AnalysisError: The study names a table that does not exist, or records are damaged.
    """
    from incay import analysis
    from incay.analysis.figures import every_figure

    table = analysis.table(results, allow_unequal=True)
    for suffix in ("md", "html", "csv"):
        analysis.export(table, folder / f"table.{suffix}")
    (folder / "report.html").write_text(analysis.report(results, allow_unequal=True), "utf-8")
    (folder / "figures").mkdir()
    for name, figure in every_figure(results).items():
        if not isinstance(figure, analysis.AnalysisError):
            figure.save(folder / "figures" / f"{name}.svg")
