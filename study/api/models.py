"""`incay.load_model`: a kept network by its trial or by its arm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from incay.analysis.results.study import Kept, StudyResults
from incay.study.api.opening import named_files
from incay.study.errors import UserError
from incay.trainables.data.base import ImageData
from incay.trainables.store.trials import Store
from incay.trainables.uses import gather, install
from incay.trainables.worker import model


def load_model(
    results: StudyResults | Store | str | Path,
    trial: str,
    *,
    replicate: int | None = None,
    data: ImageData | None = None,
    uses: Sequence[str | Path] = (),
) -> model.TrainedModel:
    """Return a trained network, on the CPU, ready to predict.

    Args:
        results: A study's results, or where results are kept.
        trial: An arm's name, of a study's results; else a trial's fingerprint.
        replicate: Which of the arm's seeds; by default the first of which a network is kept.
        data: The data set that it was trained on, which only files of earlier versions need.
        uses: Files of your own code that the trial's components need, unless this process has
            trained with them.

    Raises:
        UserError: There is no such arm, or no network of it is kept.
        RecordError: No network of the trial is kept, or the file is damaged or of a newer version.
    """
    if uses:
        install(gather((), Path(), named_files(uses)))
    if not isinstance(results, StudyResults):
        return model.load_model(results, trial, data=data)
    return model.load_model(results.store, _fingerprint(results, trial, replicate), data=data)


def _fingerprint(results: StudyResults, trial: str, replicate: int | None) -> str:
    if any(trial == each.fingerprint for each in results.trials):
        return trial
    name = results.arm(trial).name
    kept = [each for each in results.kept if each.arm == name]
    numbers = {each.fingerprint: each.number for each in results.arm(name).phase("confirm")}
    chosen = [each for each in kept if replicate in (None, numbers.get(each.fingerprint))]
    if chosen:
        return chosen[0].fingerprint
    raise UserError(
        f"a network of {name!r} must be kept in {results.store.where('')}"
        f"{'' if replicate is None else f', of replicate {replicate}'}, but there is "
        f"{_listed(results.kept, results)}; keep_models of the study says how many are"
    )


def _listed(kept: Sequence[Kept], results: StudyResults) -> str:
    numbers = {each.fingerprint: each.number for each in results.trials}
    return (
        ", ".join(f"{each.arm}, replicate {numbers.get(each.fingerprint)}" for each in kept)
        or "none"
    )
