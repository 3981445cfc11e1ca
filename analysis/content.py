"""What a table holds: pure data, before any renderer.

A cell is a measured number with its interval, its published counterpart and the trials behind
it; or a text; or the reason why there is no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

Verdict = Literal["reproduced", "different", "undecided"]


class Mark(Enum):
    """What is said of a cell beyond its number."""

    BETTER = "better"
    """The test supports that it is better than its reference; printed bold."""
    WORSE = "worse"
    """The test supports that it is worse than its reference."""
    UNEQUAL = "unequal"
    """Its budget differs from the other arms'; printed with a dagger."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A number (or word) of a paper.

    Attributes:
        value: As printed there; a word such as ``NAN`` where the paper prints one.
        paper: ``A`` or ``B``.
        table: The table's number there.
        row: The row's name there.
        column: The column's heading there.
        cited: The system's own paper, where the paper only cites the number; else empty.
        verdict: Whether the measured value reproduces it, where that was tested.
    """

    value: float | str
    paper: str
    table: str
    row: str
    column: str
    cited: str = ""
    verdict: Verdict | None = None

    @property
    def source(self) -> str:
        """Where it stands, for readers."""
        source = f"paper {self.paper}, Table {self.table}, {self.row}, {self.column}"
        return f"{source} (there cited from {self.cited})" if self.cited else source


@dataclass(frozen=True, kw_only=True)
class Formula:
    """How a number was computed from trials.

    Attributes:
        words: The formula in words, with the numbers of seeds that entered.
        metrics: The recorded metrics that it is of; none where it is of something else.
    """

    words: str
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell.

    Attributes:
        value: The mean, in the column's unit; None where there is none.
        half_width: Half the 95% interval of the mean; None where there is none.
        interval: The ends of its 95% interval, where the value is not the middle of it.
        no_spread: Whether there is none because the values, two or more, are all the same number.
        n: Number of replicates behind the value.
        text: What stands in a cell that is not a number.
        reason: Why a cell that should hold a number does not, such as ``diverged 3 of 3``.
        published: Its published counterpart.
        marks: What is said of it.
        fingerprints: The trials behind it.
        notes: Footnotes.
        formula: How it was computed.
    """

    value: float | None = None
    half_width: float | None = None
    interval: tuple[float, float] | None = None
    no_spread: bool = False
    n: int = 0
    text: str = ""
    reason: str = ""
    published: Published | None = None
    marks: frozenset[Mark] = frozenset()
    fingerprints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    formula: Formula | None = None

    @property
    def holds_something(self) -> bool:
        """Whether a reader sees anything in it."""
        return self.value is not None or bool(self.text or self.reason or self.published)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        key: Its name in CSV, JSON and data frames.
        title: Its heading.
        unit: Unit of its numbers, without brackets.
        decimals: Digits printed after the point.
        numeric: Whether it holds numbers (aligned right) or text.
        positive: Whether 0 would be wrong: what its digits cannot show is told as below the least
            that they can.
    """

    key: str
    title: str
    unit: str = ""
    decimals: int = 2
    numeric: bool = True
    positive: bool = False

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        name: The method.
        cells: By column key; a missing one is empty.
        cited: Whether the whole row is another paper's, never run here.
    """

    name: str
    cells: Mapping[str, Cell]
    cited: bool = False


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A comparison behind a table's marks, as it is written into JSON.

    Attributes:
        arm: The arm.
        reference: What it is compared with.
        metric: In which metric.
        rule: ``fixed``, ``looks`` or ``always-valid``.
        look: How many of the declared looks are complete; 1 where the number of seeds is fixed.
        looks: Seeds at each declared look; empty where an earlier version has run the study.
        n: Pairs.
        difference: Mean of arm - reference.
        half_width: Half its 95 % interval, which holds under the rule.
        p: The p-value of the last look, uncorrected; None where nothing is tested.
        boundary: What it must be below, by Holm's correction and the rule.
        adjusted_p: The p-value over all looks after Holm's correction, to compare with 0.05.
        verdict: ``better``, ``worse`` or ``undecided``.
        why: Why nothing is tested; else empty.
    """

    arm: str
    reference: str
    metric: str
    rule: str
    look: int
    looks: tuple[int, ...]
    n: int
    difference: float
    half_width: float | None
    p: float | None
    boundary: float | None
    adjusted_p: float | None
    verdict: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class TableContent:
    """All that a table holds, and what renderers write down; users get it as a `Table`.

    Attributes:
        name: Name of its definition.
        title: Its caption.
        study: The study's name.
        run: The study's run.
        protocol: One sentence on how the numbers came about; on every output.
        row_title: Heading of the rows' names.
        columns: Its columns.
        rows: Its rows; a rule is drawn where cited rows end.
        notes: Notes on the whole table.
        tested: The comparisons that its marks rest on.
        options: What the definition was asked for besides the study, such as
            ``allow_unequal``: what is needed to build the same table again.
    """

    name: str
    title: str
    study: str
    run: str
    protocol: str
    row_title: str = "Method"
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    tested: tuple[Tested, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def cells(self) -> Iterator[tuple[Row, Column, Cell]]:
        """Yield every cell that exists, with its row and column."""
        for row in self.rows:
            for column in self.columns:
                if column.key in row.cells:
                    yield row, column, row.cells[column.key]
