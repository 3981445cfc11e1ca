"""The note of a table on images that were damaged and left out."""

from __future__ import annotations

from collections.abc import Iterator

from incay.analysis.results.study import StudyResults
from incay.trainables.names import DATASET, look_up
from incay.trainables.store.records import SKIPPED


def skipped_images(results: StudyResults) -> Iterator[str]:
    """Yield how many images of each data set were left out as damaged; nothing where none was."""
    found: dict[tuple[str, int, int], None] = {}
    for trial in results.trials:
        record = trial.record
        counts = record.provenance.get(SKIPPED) if record is not None else None
        if record is not None and isinstance(counts, dict):
            name = str(look_up(record.config, DATASET) or "the data set")
            found[name, int(counts.get("train", 0)), int(counts.get("test", 0))] = None
    for name, train, test in found:
        yield (
            f"Of {name}, {train:,} training and {test:,} test images were damaged and left out "
            "(on_damaged: skip)."
        )
