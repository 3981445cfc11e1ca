"""The keys of a study file that are not settings of trials, as checked models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from incay.study.errors import StudyError, shown
from incay.study.spec.looks import MOST_LOOKS, check_looks, declared_looks
from incay.study.spec.messages import expected, unknown_key
from incay.study.spec.reading.document import Document, flatten
from incay.study.spec.reading.notation import fitted
from incay.study.spec.words import EPOCHS
from incay.trainables.names import STEPS
from incay.trainables.store.shapes import MOST_SEARCHES

SECTIONS = ("base", "arms", "search")
"""Top-level keys that hold settings of trials, by arm or for all."""

Seed = Annotated[int, Field(ge=0, lt=2**63)]
_Look = Annotated[int, Field(ge=2)]

_LEAST_SHARE = 0.001
"""Of a CPU or GPU. Ray counts in steps of 0.0001."""
HIGHEST: Mapping[str, int] = {"arms": 100_000, "trials": 10_000_000}
"""To what the limits of a study can be raised."""
_LONGEST_STALL = 10_000_000.0  # seconds; longer ones overflow the watchdog's clock


def _placeable(amount: float) -> float:
    """Return what Ray can place and a trial can use: a share of one, or several whole ones."""
    if amount and (amount < _LEAST_SHARE or (amount > 1 and amount % 1)):
        raise ValueError("no share and no whole number")
    return amount


STUDY_NAME = r"^[a-z0-9][a-z0-9-]*$"
LONGEST_STUDY_NAME = 80


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Budget(_Model):
    """What the search of each arm may use; the same for every arm.

    Attributes:
        trials: Points per arm, failed, pruned and diverged ones counted.
        seeds: With how many seeds each point is trained; the same for all points.
        race: By what rule a hopeless point's seeds that are left are spared.
        trainings: In place of `trials`, trainings per arm; what a race spares goes to more points.
        sampler: How points are chosen.
        pruner: How hopeless trials are ended early.
        parallel: How many of an arm's points may be in training at once. Point n is chosen from
            the results of points up to n - parallel, whatever finishes first, so that a search
            gives the same points on every machine and after every interruption.
        seconds: An arm takes no further point once its trials have taken this long; None for
            no limit.
        seed: The first seed of all points; None derives it from the study's seed.
    """

    trials: Annotated[int, Field(ge=1)] = 20
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    race: Literal["none", "paired", "wilcoxon"] = "none"
    trainings: Annotated[int, Field(ge=1)] | None = None
    sampler: Literal["tpe", "random", "grid", "gp", "cmaes", "quasi-random"] = "tpe"
    pruner: Literal["none", "asha", "hyperband", "median"] = "none"
    parallel: Annotated[int, Field(ge=1)] = 4
    seconds: Annotated[float, Field(gt=0)] | None = None
    seed: Seed | None = None

    @property
    def points(self) -> int:
        """Points per arm, at most: how many a race makes room for is known afterwards."""
        if self.trainings is None:
            return self.trials
        return self.trainings // (self.seeds if self.race == "none" else 1)

    @property
    def most(self) -> int:
        """Trainings per arm, at most."""
        whole = self.points * self.seeds
        return whole if self.trainings is None else min(whole, self.trainings)


class Objective(_Model):
    """What a search makes small or large: a metric of the validation split.

    Attributes:
        metric: The metric that picks the winner.
        mode: Its direction.
        also: Further metrics and their directions; samplers then look for the Pareto front.
    """

    metric: str = "val.error"
    mode: Literal["min", "max"] = "min"
    also: dict[str, Literal["min", "max"]] = Field(default_factory=dict)

    @property
    def directions(self) -> dict[str, str]:
        """Every metric with its direction, the winner's first."""
        return {self.metric: self.mode, **self.also}


class Confirm(_Model):
    """The confirm phase: fresh seeds, shared by all arms.

    Attributes:
        seeds: How many, or which; beside `until`, how many the first look has.
        looks: After how many seeds the results are tested; arms that are decided go no further.
        until: The same with looks that are found for the study, see `incay.study.spec.looks`.
        at_most: Seeds of the last look of `until`.
        spending: How the level of the test is shared out among looks.
    """

    seeds: Annotated[int, Field(ge=1)] | Annotated[list[Seed], Field(min_length=1)] = 5
    looks: Annotated[list[_Look], Field(min_length=1, max_length=MOST_LOOKS)] | None = None
    until: Literal["decided"] | None = None
    at_most: Annotated[int, Field(ge=3)] | None = None
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"

    @property
    def all_looks(self) -> tuple[int, ...]:
        """After how many seeds the study looks; a fixed number of seeds is one look."""
        return declared_looks(self)


class Resources(_Model):
    """What one trial occupies.

    Attributes:
        cpu: CPUs, or a share of one. A trial computes with as many threads, at least one.
        gpu: A GPU, or a share of one. With 0 a trial is trained on the CPU, whatever there is.
        stack: Trials of one architecture that train together in one process, at most; they
            share the CPUs and GPUs of one trial.
        stall_seconds: A worker that trains no batch for this long hangs: it is ended, and its
            trial goes on from the last checkpoint.
    """

    cpu: Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(_placeable)] = 1
    gpu: Annotated[float, Field(ge=0, le=1), AfterValidator(_placeable)] = 0
    stack: Annotated[int, Field(ge=1, le=1024)] = 1
    stall_seconds: Annotated[float, Field(gt=0, le=_LONGEST_STALL)] = 1800


class Ablation(_Model):
    """Component ablation: one further arm for each part, with all parts but that one.

    Attributes:
        of: The arm that has all parts.
        parts: Settings, or components with all their settings, that go back to the baseline's.
    """

    of: str
    parts: Annotated[list[str], Field(min_length=1)]


class Limits(_Model):
    """How large a study may be, against slips of the keyboard; who means it raises them.

    Attributes:
        arms: Arms, with those of grids and of an ablation. To check 1,000 takes two seconds.
        trials: Trials of all arms and phases. To plan 100,000 takes ten seconds.
    """

    arms: Annotated[int, Field(ge=1, le=HIGHEST["arms"])] = 1_000
    trials: Annotated[int, Field(ge=1, le=HIGHEST["trials"])] = 100_000


class Header(_Model):
    """All keys of a study but its sections. `docs/study-files.md` explains them."""

    name: Annotated[str, Field(pattern=STUDY_NAME, max_length=LONGEST_STUDY_NAME)]
    question: str = ""
    uses: str | list[str] = Field(default_factory=list)
    protocol: Literal["sealed", "paper"] = "sealed"
    table: str | None = None
    columns: list[str] = Field(default_factory=list)
    seed: Seed = 0
    factor: str | list[str] | None = None
    baseline: str | None = None
    ablation: Ablation | None = None
    budget: Budget | None = None
    searches: Annotated[int, Field(ge=1, le=MOST_SEARCHES)] = 1
    unequal_ranges: bool = False
    objective: Objective = Objective()
    confirm: Confirm = Confirm()
    diverged: Literal["exclude", "worst"] = "exclude"
    keep_models: Annotated[int, Field(ge=0)] = 1
    resources: Resources = Resources()
    limits: Limits = Limits()

    @property
    def factors(self) -> tuple[str, ...]:
        """The settings or components under test; none if the study declares none."""
        if self.factor is None:
            return ()
        given = (self.factor,) if isinstance(self.factor, str) else tuple(self.factor)
        return tuple(STEPS if name == EPOCHS else name for name in given)


_MODELS: Mapping[str, type[_Model]] = {
    "budget": Budget,
    "objective": Objective,
    "confirm": Confirm,
    "resources": Resources,
    "ablation": Ablation,
    "limits": Limits,
}


_NOTATIONS: Mapping[tuple[str, ...], str] = {
    ("name",): "1 to 80 lower-case letters, digits and hyphens, the first of them no hyphen",
    ("uses",): "a Python file or package of the study's folder, an installed module, or a list",
    ("factor",): "a setting or component, or a list of them",
    ("confirm",): "a mapping, such as {seeds: 5}",
    ("confirm", "seeds"): "a whole number of at least 1, or a list of whole numbers of at least 0",
    ("confirm", "looks"): "a list of numbers of seeds of at least 2, such as [5, 10, 20, 40]",
    ("resources", "cpu"): "a whole number of CPUs, or a share of one of at least 0.001",
    ("resources", "gpu"): "0, 1 or a share of at least 0.001: a trial is trained on one GPU",
    ("objective", "also"): "a mapping of metrics to min or max",
    ("columns",): "a list of measures or metrics, such as [error, ece, nc1]",
    ("ablation", "parts"): "a list of settings or components",
}
"""What a key must be, where the first thing that is wrong with it does not say enough."""


def parse_header(document: Document) -> Header:
    """Return the study's own keys, checked.

    Raises:
        StudyError: A key is unknown, missing, or its value does not fit.
    """
    values = document.values
    for key in values:
        if key not in Header.model_fields and key not in SECTIONS:
            raise document.error((key,), unknown_key(key, [*Header.model_fields, *SECTIONS]))
    for key in SECTIONS:
        # A section whose content is commented out is empty.
        if not isinstance(values.get(key), dict | None):
            raise document.error((key,), f"{key} must be a mapping, but got {shown(values[key])}")
    given = {key: value for key, value in values.items() if key not in SECTIONS}
    objective = given.get("objective")
    if isinstance(objective, dict) and isinstance(objective.get("also"), dict):
        # A metric's name has a dot, which the document reads as nesting.
        also = {".".join(path): value for path, value in flatten(objective["also"])}
        given["objective"] = {**objective, "also": also}
    given = fitted(Header, given)
    try:
        header = Header.model_validate(given)
    except ValidationError as error:
        path, message = _explained(error, given)
        if not path:  # a key that the file lacks has no line: the file's first stands for it
            raise StudyError(f"{document.top}: {message}") from error
        raise document.error(path, message) from error
    if isinstance(header.confirm.seeds, list):
        _check_seeds(document, header.confirm.seeds, header)
    check_looks(document, header.confirm)
    return header


def _explained(error: ValidationError, values: Any) -> tuple[tuple[str, ...], str]:
    first: Any = error.errors()[0]
    # Only keys of the file belong to the path, not the branches of a union.
    keys = [str(part) for part in first["loc"] if isinstance(part, str)]
    path = tuple(keys[:1])
    if len(keys) > 1 and (keys[0] in _MODELS):
        path = tuple(keys[:2])
    if first["type"] == "extra_forbidden":
        model = _MODELS.get(path[0], Header) if len(path) > 1 else Header
        return path, unknown_key(path[-1], list(model.model_fields))
    if first["type"] == "missing":
        return path[:-1], f"the key {path[-1]!r} must be given"
    given = _at(values, path)
    must_be = _NOTATIONS.get(path) or expected(first)
    return path, f"must be {must_be}, but got {shown(given)}"


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values[key]
    return values


def _check_seeds(document: Document, seeds: list[int], header: Header) -> None:
    path = ("confirm", "seeds")
    if len(set(seeds)) != len(seeds):
        raise document.error(path, f"seeds must be distinct, but got {shown(seeds)}")
    searched = header.budget.seed if header.budget is not None else None
    if searched in seeds:
        raise document.error(
            path,
            f"confirm seeds must be none that the search used, but {searched} is budget.seed: "
            "the winner was chosen for its luck with it",
        )
