"""A study as a Python object: made of plain values, or read from a file."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incay.study.spec.catalog import find_study
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.python_values import python_document, yaml_text
from incay.trainables.written import write_named

Values = Mapping[str, Any]


class Study:
    """What is to be trained and compared; `incay.run` and `incay.plan` take it.

    The keys are those of a study file (docs/study-files.md), with the same meaning, defaults and
    checks; None stands for a key that is not given. Keys may be dotted as there: ``{"optimizer.lr":
    0.01}``. What is of the wrong kind is refused here, all else by `incay.plan` and `incay.run`.

    Args:
        name: Lower-case letters, digits and hyphens: results are kept under it.
        base: Settings of all arms.
        arms: Settings of each arm by its name, laid over those of the base.
        search: Ranges by setting, for an arm's name or ``"all arms"``.
        uses: Files or packages of your own code, relative to the working directory.
        question: What the study is to answer.
        protocol: ``sealed`` or ``paper``.
        budget: Of each arm's search: ``{"trials": 20}``.
        searches: How often each arm's search is made and its winner confirmed.
        confirm: Seeds after the search: ``{"seeds": 5}``.
        objective: What the search makes small or large.
        factor: The settings or components under test.
        baseline: The arm that others are compared with; by default the first.
        ablation: An arm, and its parts that are left out one by one.
        resources: What one trial occupies.
        limits: How many arms and trials the study may have.
        table: The table definition that `incay.table` shows.
        columns: Measures that it shows in place of a definition.
        seed: From which all seeds are derived.
        unequal_ranges: Whether arms may search one setting in unequal ranges.
        diverged: How tables count trials that diverged.
        keep_models: How many trained networks are kept, of all arms: `load_model` finds those.

    Raises:
        UserError: A value is of a kind that no study has; the message names where it is given.
    """

    def __init__(
        self,
        name: str,
        *,
        base: Values | None = None,
        arms: Mapping[str, Values | None] | None = None,
        search: Mapping[str, Values | None] | None = None,
        uses: str | Path | Sequence[str | Path] | None = None,
        question: str | None = None,
        protocol: str | None = None,
        budget: Values | None = None,
        searches: int | None = None,
        confirm: Values | None = None,
        objective: Values | None = None,
        factor: str | Sequence[str] | None = None,
        baseline: str | None = None,
        ablation: Values | None = None,
        resources: Values | None = None,
        limits: Values | None = None,
        table: str | None = None,
        columns: Sequence[str] | None = None,
        seed: int | None = None,
        unequal_ranges: bool | None = None,
        diverged: str | None = None,
        keep_models: int | None = None,
    ) -> None:
        given = {key: each for key, each in locals().items() if key != "self" and each is not None}
        self._given: Values | None = given
        self._document = python_document(given)

    @classmethod
    def from_file(cls, study: str | Path) -> Study:
        """Return the study of a file, or a built-in one by its name.

        Raises:
            UserError: There is none, or it is no plain YAML.
        """
        read = cls.__new__(cls)
        read._document = find_study(str(study))
        read._given = None
        return read

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self._document.values.get("name", ""))

    def to_yaml(self) -> str:
        """Return the study as the text of a study file; that of a file is its own."""
        if self._given is None:
            return Path(self._document.source).read_text(encoding="utf-8")
        return yaml_text(self._given)

    def save(self, path: str | Path) -> Path:
        """Write the study to a file that `incay run` takes; `uses` is then relative to its folder.

        Returns:
            The file.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_named(path, self.to_yaml())
        return path

    def document(self) -> Document:
        """Return its values and where each is given, for one use: overrides change them."""
        return copy.deepcopy(self._document)

    def __repr__(self) -> str:
        arms = self._document.values.get("arms")
        named = ", ".join(arms) if isinstance(arms, dict) else ""
        return f"Study({self.name!r}{f', arms: {named}' if named else ''})"
