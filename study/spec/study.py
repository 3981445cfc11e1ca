"""`StudySpec`: a checked study. Every error names the file and line it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from incay.study.spec.arms.building import Arm
from incay.study.spec.arms.resolve import resolve_arms
from incay.study.spec.arms.stopping import stops_early
from incay.study.spec.checks.fairness import check_fair
from incay.study.spec.checks.measured import check_measured
from incay.study.spec.checks.size import check_size
from incay.study.spec.header import SECTIONS, Budget, Header, Objective, Resources, parse_header
from incay.study.spec.reading.document import Document
from incay.study.spec.recipe import lay_recipes
from incay.study.spec.searches.budget import check_budget
from incay.trainables.registry import describe_unknown, registered_names
from incay.trainables.seeds import derive_seed
from incay.trainables.uses.bundle import Bundle

__all__ = ["Arm", "Budget", "Objective", "Resources", "StudySpec", "header_keys", "parse_study"]


_TABLES = Path(__file__).parents[2] / "analysis" / "tables"
"""Their names are read in the text: to import tables is to import statistics."""


@dataclass(frozen=True)
class StudySpec:
    """A study whose every value has been checked. See `docs/study-files.md` for the keys.

    Attributes:
        header: The study's own keys.
        arms: Its arms, resolved.
        baseline: Name of the arm that others are compared with.
        document: Where it comes from.
        code: The user's own code that it uses.
    """

    header: Header
    arms: tuple[Arm, ...]
    baseline: str
    document: Document
    code: Bundle = field(default_factory=Bundle)

    @property
    def name(self) -> str:
        """The study's name."""
        return self.header.name

    @property
    def question(self) -> str:
        """What the study is to answer."""
        return self.header.question

    @property
    def searches(self) -> bool:
        """Whether any arm has something to search."""
        return any(arm.search for arm in self.arms)

    @cached_property
    def stops_early(self) -> bool:
        """Whether trials may end by a validation metric: then images are held out in all phases."""
        return stops_early(self.arms)

    @property
    def budget(self) -> Budget:
        """The search budget of each arm."""
        return self.header.budget or Budget()

    @property
    def objective(self) -> Objective:
        """What the search makes small or large."""
        return self.header.objective

    @property
    def resources(self) -> Resources:
        """What one trial occupies."""
        return self.header.resources

    @property
    def repetitions(self) -> int:
        """How often the search of each arm is made, and its winner confirmed."""
        return self.header.searches

    @property
    def replicates(self) -> int:
        """Seeds of the confirm phase, at most; those of all repetitions of the search."""
        return self._seeds_each * self.repetitions

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many seeds the test results are looked at; one look where seeds are fixed."""
        if self.repetitions > 1:
            return (self.replicates,)
        return self.header.confirm.all_looks

    @property
    def _seeds_each(self) -> int:
        return self.header.confirm.all_looks[-1]

    def repetition_of(self, replicate: int) -> int:
        """Return which repetition of the search a replicate confirms the winner of."""
        return replicate // self._seeds_each

    def search_seed(self, replicate: int = 0, repetition: int = 0) -> int:
        """Return a seed of all points of a search: they differ in their settings only."""
        given = self.budget.seed
        first = derive_seed(self.header.seed, "search") if given is None else given
        if repetition:
            first = derive_seed(first, "repetition", repetition)
        return derive_seed(first, "search", replicate) if replicate else first

    def split_seed(self, repetition: int = 0) -> int:
        """Return the seed by which a search holds images out for validation."""
        repeated = (repetition,) if repetition else ()
        return derive_seed(self.header.seed, "split", *repeated)

    @cached_property  # asked for once a trial: a study of n seeds must not derive n²
    def confirm_seeds(self) -> tuple[int, ...]:
        """The seed of each replicate, the same in every arm, none of them the search's.

        Each repetition of the search has seeds of its own, so that what its winner measures
        depends on no other's.
        """
        given = self.header.confirm.seeds
        first = (
            given
            if isinstance(given, list)
            else [
                derive_seed(self.header.seed, "confirm", replicate)
                for replicate in range(self._seeds_each)
            ]
        )
        repeated = (
            derive_seed(seed, "repetition", repetition)
            for repetition in range(1, self.repetitions)
            for seed in first
        )
        return (*first, *repeated)

    @property
    def run(self) -> str:
        """The hash that tells this study from its variants."""
        return self.document.run


def parse_study(document: Document, code: Bundle | None = None) -> StudySpec:
    """Check a document and resolve its arms.

    Args:
        document: The study.
        code: The user's own code that it uses, imported before.

    Raises:
        StudyError: A key, type, range or combination is wrong, or the comparison is unfair.
    """
    lay_recipes(document)
    header = parse_header(document)
    _check_table(document, header)
    arms, baseline = resolve_arms(document, header)
    check_budget(document, header)
    check_size(document, header, arms)
    check_measured(document, header, arms)
    check_fair(document, header, arms, baseline)
    return StudySpec(header, arms, baseline, document, code or Bundle())


def _check_table(document: Document, header: Header) -> None:
    """Refuse a table that does not exist before the study runs, not after."""
    if header.table is None:
        return
    known = registered_names(_TABLES)
    if header.table not in known:
        raise document.error(("table",), describe_unknown("table", header.table, known))


def header_keys() -> tuple[str, ...]:
    """Return the study's own top-level keys: every other ``--set`` path is the base's."""
    return (*Header.model_fields, *SECTIONS)
