"""The boundaries of seven declared looks beside those of other rules, as a figure.

Run as ``python -m benchmarks.boundaries docs/figures/looks-boundaries.svg`` (seconds); a suffix
``.csv`` gives the numbers.
"""

from __future__ import annotations

import sys

import pyarrow as pa

from incay.analysis.comparing.comparisons import ALPHA
from incay.analysis.figures.answers.boundaries import SCHEMA, boundary_rows
from incay.analysis.figures.base import figures
from incay.analysis.figures.figure import Figure

LOOKS = (5, 10, 15, 20, 30, 40, 50)


def main() -> None:
    """Draw the figure into the named file."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.boundaries FILE")
    drawn = Figure(
        name="boundaries",
        definition=figures["boundaries"],
        study="",
        run="",
        protocol="",
        data=pa.Table.from_pylist(boundary_rows(LOOKS, ALPHA), schema=SCHEMA),
    )
    print(f"{drawn.save(sys.argv[1])}: looks at {', '.join(map(str, LOOKS))} seeds, α = {ALPHA}")


if __name__ == "__main__":
    main()
