"""What `run`, `plan` and `train` begin with: a checked study, its results and its data sets."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incay.study.api.study import Study
from incay.study.errors import UserError
from incay.study.planning.checks.others import check_private
from incay.study.planning.checks.readiness import check_study
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.precision import settle_precision
from incay.study.spec.own_code import use_own_code
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.store.opening import open_store
from incay.trainables.store.trials import Store

Settings = Sequence[str] | Mapping[str, Any]
"""Changes of a study: ``PATH=VALUE`` texts, or values by dotted path."""

_BUSY = threading.Lock()


@dataclass(frozen=True)
class Opened:
    """A study that can be trained.

    Attributes:
        spec: The study, checked.
        store: Where its results are kept.
        data: Its data sets.
    """

    spec: StudySpec
    store: Store
    data: DataCatalog


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Refuse a second use of this process: Ray and the user's own code are there once.

    Raises:
        UserError: `run`, `plan` or `train` is at work, in another thread or around this call.
    """
    if not _BUSY.acquire(blocking=False):
        raise UserError(
            "incay.run, incay.plan and incay.train must be called one at a time in a process, but "
            "one is at work (a file that `uses` names must call them below "
            '`if __name__ == "__main__":` only)'
        )
    try:
        yield
    finally:
        _BUSY.release()


def open_study(
    study: Study | str | Path,
    results: Store | str | Path,
    data_root: str | Path | None,
    settings: Settings,
    seeds: int | None,
    uses: Sequence[str | Path],
    cpus: float | None,
    gpus: float | None,
    measure: bool = True,
) -> Opened:
    """Return a study that can be trained; see `incay.run` for the arguments.

    With `measure` it is measured which precision is faster here, where a study leaves that open.

    Raises:
        UserError: A value does not fit, data are missing, or nothing can be trained here.
    """
    root = data_folder(data_root)
    document = (study if isinstance(study, Study) else Study.from_file(study)).document()
    texts = setting_texts(settings)
    code = use_own_code(document, named_files(uses), texts)
    apply_overrides(document, texts, seeds=seeds)
    document.data_root = root
    store, data = open_results(results), DataCatalog(root)
    spec = parse_study(document, code)
    check_private(store)
    check_study(spec, data, cpus=cpus, gpus=gpus)
    return Opened(settle_precision(spec, store, data, measure=measure), store, data)


def data_folder(given: str | Path | None) -> Path | None:
    """Return the data root: what is given, else what INCAY_DATA names."""
    named = given if given is not None else os.environ.get("INCAY_DATA")
    return Path(named) if named else None


def named_files(uses: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the files and packages of the user's own code that a call names."""
    return [Path(each) for each in ((uses,) if isinstance(uses, str | Path) else uses)]


def open_results(results: Store | str | Path) -> Store:
    """Return the store that a caller names, or has opened.

    Raises:
        UserError: It holds a password, is a file, or no URI that is understood.
    """
    return results if isinstance(results, Store) else open_store(results, "results")


def setting_texts(settings: Settings) -> list[str]:
    """Return changes of a study as ``PATH=VALUE`` texts, in YAML's notation.

    Raises:
        UserError: A value is no plain one.
    """
    if isinstance(settings, str):
        return [settings]
    if not isinstance(settings, Mapping):
        return [str(text) for text in settings]
    texts = []
    for name, value in settings.items():
        try:
            # JSON is YAML's flow style; a text needs no quotes unless YAML would read it otherwise.
            texts.append(f"{name}={json.dumps(value)}")
        except TypeError as error:
            raise UserError(f"set[{name!r}] must be a plain value, but: {error}") from error
    return texts
