"""What is said of a record after its trial was trained again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from incay.analysis.results.study import Trial
from incay.study.errors import UserError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.retraining.bits import Outcome, contradictions, differences
from incay.study.retraining.circumstances import device_of, differing
from incay.study.retraining.rounding import measures
from incay.study.retraining.training import Progress, recorded, trained_again
from incay.study.spec.settings import ValueProblem, build_trial
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_version
from incay.trainables.source.tree import own_code
from incay.trainables.store.endings import Ending
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.batches import split_validation


class Verdict(StrEnum):
    """How a record stands, in the order in which verdicts are counted."""

    EQUAL = "the same bit for bit"
    ROUNDED = "the same within rounding"
    DIFFERENT = "different"
    UNCOMPARED = "not to be compared"

    @property
    def is_good(self) -> bool:
        """Whether training again gave what is recorded."""
        return self in (Verdict.EQUAL, Verdict.ROUNDED)


@dataclass(frozen=True)
class Finding:
    """A verdict, and why.

    Attributes:
        verdict: The verdict.
        lines: Why, in words.
    """

    verdict: Verdict
    lines: tuple[str, ...] = ()


def examine(trial: Trial, store: Store, data: DataCatalog, progress: Progress) -> Finding:
    """Train a finished trial again and hold its record against what that gives.

    Args:
        trial: The trial, with a result.
        store: Where it is recorded; nothing is written there.
        data: The data sets.
        progress: Told each step that is reached.
    """
    record = trial.record
    assert record is not None
    try:
        config = build_trial(record.config, data.root)
        reasons = tuple(_other(record, config, data))
        if reasons:
            return Finding(Verdict.UNCOMPARED, reasons)
        then = recorded(store, record)
    except RecordError as error:
        return Finding(Verdict.DIFFERENT, (str(error),))
    except ValueProblem as problem:
        where = ".".join(map(str, problem.path))
        told = f"its settings are refused: {where}: {problem}"
        if record.provenance.get("own_code", "") != own_code.version:
            told = "code of the user's own has trained it: --uses PATH names it"
        return Finding(Verdict.UNCOMPARED, (told,))
    except UserError as error:
        return Finding(Verdict.UNCOMPARED, (str(error),))
    wrong = tuple(contradictions(then))
    if wrong:
        return Finding(Verdict.DIFFERENT, wrong)
    device = device_of(record)
    again = trained_again(
        record, config, data, device, keep_model=bool(then.weights), progress=progress
    )
    if again.status.is_failure:
        said = again.reason.partition("\n")[0]
        return Finding(Verdict.UNCOMPARED, (f"it cannot be trained here: {said}",))
    found = tuple(differences(then, again))
    if not found:
        return Finding(Verdict.EQUAL)
    circumstances = tuple(differing(record, config, device))
    if not circumstances:
        return Finding(Verdict.DIFFERENT, found)
    return _rounded(then, again, _images(config, data, again), circumstances)


def _other(record: TrialRecord, config: TrialConfig, data: DataCatalog) -> Iterator[str]:
    """Yield what makes it another trial today."""
    code = code_version(config)
    if code != record.code_version:
        commit = str(record.provenance.get("git_commit") or "")[:12]
        then = f"{record.code_version} (commit {commit})" if commit else record.code_version
        yield f"other code has trained it: {then} then, {code} here"
    content = data.hash_for(config)
    if content != record.data_hash:
        yield f"it was trained on other data: {record.data_hash[:12]} then, {content[:12]} here"


def _rounded(
    then: Outcome, again: Outcome, images: Mapping[str, int], circumstances: tuple[str, ...]
) -> Finding:
    """Return the verdict on a trial of which bits may differ."""
    told = "; ".join(circumstances)
    if then.status != again.status or then.metrics.keys() != again.metrics.keys():
        return Finding(Verdict.DIFFERENT, (*differences(then, again), f"although {told}"))
    compared = measures(then, again, images)
    outside = tuple(str(each) for each in compared if not each.within)
    if outside:
        return Finding(Verdict.DIFFERENT, (*outside, f"although {told}"))
    if not compared and then.status is not Ending.DIVERGED:
        return Finding(Verdict.UNCOMPARED, (f"bits differ, and no measure can tell: {told}",))
    return Finding(Verdict.ROUNDED, (told, *map(str, compared)))


def _images(config: TrialConfig, data: DataCatalog, again: Outcome) -> dict[str, int]:
    images = data.load(config.dataset)
    _, validation = split_validation(images.train, config.split)
    pairs = again.tables.get("pairs")
    tested = len(images.test.labels) if images.test is not None else len(pairs or ())
    return {"val": len(validation.labels) if validation else 0, "test": tested}
