"""Options that belong together: a command takes them as one parameter, a dataclass.

Typer makes an argument or an option of each parameter of a function. `grouped` puts the fields
of a dataclass in the place of the parameter that holds it, so that `StudyChoice` and the like are
written once and every command that takes them has the same options.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from incay.study.commands.shared.arguments import OwnCode, read_study, which_run
from incay.study.commands.shared.console import say
from incay.study.commands.shared.options import (
    Cpus,
    DataRoot,
    Gpus,
    Results,
    Seeds,
    Set,
    StudyArgument,
    UserCode,
    Uses,
)
from incay.trainables.store.opening import open_store

if TYPE_CHECKING:
    from incay.analysis.results.study import StudyResults
    from incay.study.planning.data_catalog import DataCatalog
    from incay.study.spec.study import StudySpec
    from incay.trainables.store.trials import Store

_MANY = 5_000
"""Trials whose plan takes more than a moment."""


@dataclass(frozen=True)
class StudyChoice:
    """A study, and how it is changed."""

    study: StudyArgument
    set_: Set = None
    seeds: Seeds = None

    def read(self) -> StudySpec:
        """Return the checked study."""
        return read_study(self.study, self.set_, self.seeds)


@dataclass(frozen=True)
class CodeChoice(StudyChoice):
    """A study that is to be trained, with code that may not be incay's own."""

    uses: Uses = None
    user_code: UserCode = True

    def read(self) -> StudySpec:
        """Return the checked study, whose own code is imported."""
        code = OwnCode(self.uses, self.user_code)
        return read_study(self.study, self.set_, self.seeds, own_code=code)


@dataclass(frozen=True)
class RunChoice(StudyChoice):
    """A run of a study, and where its results are."""

    results: Results = "results"

    def find(self) -> tuple[Store, str, str]:
        """Return the store, the study's name and the run that is meant."""
        store = open_store(self.results)
        return store, *which_run(self.study, self.set_, self.seeds, store)

    def load(self) -> StudyResults:
        """Return the run's results."""
        from incay import analysis

        return analysis.load(*self.find())


@dataclass(frozen=True)
class TrainingChoice(RunChoice):
    """A study that is to be trained, and what it may use."""

    data_root: DataRoot = None
    uses: Uses = None
    user_code: UserCode = True
    cpus: Cpus = None
    gpus: Gpus = None

    def open(self) -> tuple[StudySpec, Store, DataCatalog]:
        """Return the checked study, its store and its data sets."""
        from incay.study.planning.data_catalog import DataCatalog
        from incay.study.spec.checks.size import trial_count

        code = OwnCode(self.uses, self.user_code)
        spec = read_study(self.study, self.set_, self.seeds, self.data_root, code)
        count = trial_count(spec.header, spec.arms)
        if count > _MANY:
            say(f"plans {count:,} trials, which takes some seconds")
        return spec, open_store(self.results), DataCatalog(self.data_root)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the fields of its dataclasses for parameters, as Typer takes it."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _parameters(groups[name])
        else:
            parameters.append(_parameter(name, parameter.default, hints[name]))

    @functools.wraps(command)
    def flat(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{each.name: values.pop(each.name) for each in fields(group)})
        command(**values)

    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {each.name: each.annotation for each in parameters}
    return flat


def _parameters(group: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        default = inspect.Parameter.empty if each.default is MISSING else each.default
        yield _parameter(each.name, default, hints[each.name])


def _parameter(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    # By name only: so a parameter without a default may follow one that has it.
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)
