"""What a command's arguments stand for: studies, runs, stores and components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from incay.study.commands.shared.console import say
from incay.study.errors import UserError

if TYPE_CHECKING:
    from incay.study.spec.reading.document import Document
    from incay.study.spec.study import StudySpec
    from incay.trainables.store.trials import Store
    from incay.trainables.uses import Bundle


def read_study(
    study: str,
    settings: list[str] | None,
    seeds: int | None,
    data_root: Path | Literal["anywhere"] | None = "anywhere",
    own_code: OwnCode | None = None,
) -> StudySpec:
    """Return the checked study that a name or path and its overrides stand for.

    Args:
        study: The name or path.
        settings: ``PATH=VALUE`` texts.
        seeds: How many seeds, where it is not the study's own number.
        data_root: Below which the paths that it names must stay, for commands that open them.
        own_code: What the user says of code of their own, for commands that may run it.
    """
    from incay.study.spec.catalog import find_study
    from incay.study.spec.reading.overrides import apply_overrides
    from incay.study.spec.study import parse_study

    document = find_study(study)
    code = None if own_code is None else own_code.load(document, settings or [])
    apply_overrides(document, settings or [], seeds=seeds)
    document.data_root = data_root
    return parse_study(document, code)


@dataclass(frozen=True)
class OwnCode:
    """What the user says of code that is not incay's own.

    Attributes:
        paths: Files and packages named on the command line.
        allowed: Whether a study's code may run.
    """

    paths: Sequence[Path] | None = None
    allowed: bool = True

    def load(self, document: Document, settings: Sequence[str]) -> Bundle:
        """Say what code a study uses, and import it."""
        from incay.study.spec.own_code import use_own_code

        def tell(code: Bundle) -> None:
            files = ", ".join(each.file for each in code.modules.values() if each.text)
            say(f"runs code that is not incay's own: {files}")

        return use_own_code(document, self.paths or (), settings, allowed=self.allowed, tell=tell)


def use_named_code(paths: Sequence[Path] | None, *, allowed: bool = True) -> None:
    """Import code that is named on the command line, if any is, and say so."""
    from incay.study.spec.reading.document import Document

    if paths:
        OwnCode(paths, allowed).load(Document("--uses", {}), ())


def which_run(
    study: str, settings: list[str] | None, seeds: int | None, store: Store
) -> tuple[str, str]:
    """Return a study's name and the run that is meant.

    With settings it is the run that they stand for; NAME@RUN names one; a file stands for its own
    run, if that has been run; else the latest is meant.

    Raises:
        UserError: The store has no such run.
    """
    from incay.study.planning.runs import (
        has_run,
        known_run,
        require_run,
        run_by_overrides,
        variant,
    )
    from incay.study.spec.catalog import find_study, is_file, is_known, study_name, uses_own_code
    from incay.study.spec.recipe import lay_recipes
    from incay.trainables.store.runs.known import latest_run

    named, _, run = study.rpartition("@")
    if named and Path(study).suffix not in (".yaml", ".yml"):
        return named, known_run(store, named, run, [f"run {run}"])
    if settings or seeds is not None:
        if latest_run(store, study) is not None and not is_known(study):
            raise UserError(
                f"with --set or --seeds, STUDY must be the study's file, but is {study!r}; "
                f"{study}@RUN names one of its runs"
            )
        if uses_own_code(study):
            return study_name(study), run_by_overrides(store, study_name(study), settings, seeds)
        spec = read_study(study, settings, seeds)
        return spec.name, known_run(store, spec.name, spec.run, spec.document.overrides)
    name = study_name(study)
    latest = require_run(store, name)
    if not is_file(study):
        return name, latest
    document = find_study(study)
    lay_recipes(document)
    run = document.run  # not checked: what has run is shown though it were refused today
    if has_run(store, name, run):
        return name, run
    say(
        f"{study} as it stands has not been run; shown is the latest run, {latest} "
        f"({variant(store, name, latest)})"
    )
    return name, latest


def component(
    kind: str, name: str, settings: Sequence[str] = (), data_root: Path | None = None
) -> Any:
    """Return a component's checked settings.

    Args:
        kind: ``network``, ``loss`` or ``dataset``.
        name: The component's name.
        settings: ``KIND.SETTING=VALUE`` texts, as for a study.
        data_root: Below which the paths among them must stay.

    Raises:
        UserError: There is no such component, or a setting does not fit it.
    """
    from incay.study.spec.reading.document import Document
    from incay.study.spec.reading.overrides import apply_overrides
    from incay.study.spec.settings import ValueProblem, build_trial

    document = Document("NAME", {"base": {kind: {"name": name}}})
    for text in settings:
        if not text.startswith(f"{kind}."):
            raise UserError(f"--set {text}: the setting must be one of the {kind} ({kind}.…)")
    apply_overrides(document, settings)
    try:
        return getattr(build_trial(document.values["base"], data_root), kind)
    except ValueProblem as problem:
        place = document.where(("base", *problem.path))
        raise UserError(f"{place}: {problem}") from problem
