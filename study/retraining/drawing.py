"""Which finished trials are trained again: nobody can know before they are drawn."""

from __future__ import annotations

import difflib
import hashlib
import secrets
from collections.abc import Iterable, Sequence

from incay.analysis.results.study import StudyResults, Trial
from incay.study.errors import UserError, shown


def new_seed() -> str:
    """Return a seed that nobody has seen, who might alter the other trials only."""
    return secrets.token_hex(8)


def finished_trials(study: StudyResults) -> list[Trial]:
    """Return the trials that have a result, each once, in the study's order."""
    found: dict[str, Trial] = {}
    for trial in _trials(study):
        if trial.record is not None and trial.record.is_final:
            found.setdefault(trial.fingerprint, trial)
    return list(found.values())


def problems(study: StudyResults) -> list[str]:
    """Return what is wrong with records that cannot be read at all."""
    return list(dict.fromkeys(trial.problem for trial in _trials(study) if trial.problem))


def draw(trials: Sequence[Trial], count: int, seed: str) -> list[Trial]:
    """Return some of the trials, drawn by a seed; all of them, where there are no more.

    Each trial's place follows from the seed and its fingerprint alone, so that the same seed
    draws the same, whatever else the store has got since.
    """

    def place(trial: Trial) -> str:
        return hashlib.sha256(f"{seed}/{trial.fingerprint}".encode()).hexdigest()

    return sorted(trials, key=place)[:count]


def named_trials(trials: Sequence[Trial], named: Sequence[str], run: str) -> list[Trial]:
    """Return the trials that somebody names, each once, in that order.

    Args:
        trials: The finished trials.
        named: Fingerprints, or enough of their first digits.
        run: Names the study's run, for messages.

    Raises:
        UserError: A name is of none of them, or of several.
    """
    found: dict[str, Trial] = {}
    for name in named:
        meant = [trial for trial in trials if name and trial.fingerprint.startswith(name)]
        if len(meant) != 1:
            known = [trial.fingerprint for trial in trials]
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {close[0]}?)" if close and not meant else ""
            what = f"{len(meant)} do" if meant else f"none does{hint}"
            raise UserError(
                f"--trial must be how the fingerprint of one finished trial of {run} begins, but "
                f"with {shown(name)} {what}"
            )
        found[meant[0].fingerprint] = meant[0]
    return list(found.values())


def _trials(study: StudyResults) -> Iterable[Trial]:
    return (trial for arm in study.arms for trial in arm.trials)
