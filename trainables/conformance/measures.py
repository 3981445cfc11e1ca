"""What every measure must keep: see `incay.trainables.measures.Measure`."""

from __future__ import annotations

import math

from incay.trainables.conformance.claims import claim
from incay.trainables.measures import Measure, measures
from incay.trainables.measures.computing import compute
from incay.trainables.measures.contract import measure_problem
from incay.trainables.measures.planted import planted_records


def check_measure(measure: type[Measure]) -> None:
    """Check what every measure must keep.

    That is: a name, a title, a direction or none; that it is computed of what it says that it
    needs, and of nothing else; the same number each time, and the records left as they are.

    Args:
        measure: The registered measure.

    Raises:
        AssertionError: Something does not hold.
    """
    name = getattr(measure, "name", measure.__name__)
    registered = name in measures and measures[name] is measure
    claim(registered, f"measure {name!r} must be registered by @register_measure", measure)
    problem = measure_problem(measure)
    claim(not problem, f"measure {name!r} {problem}", "that")
    records = planted_records()
    before = {
        field: getattr(records, field).copy() for field in measure.needs if field != "outside"
    }
    first, again = compute(measure, records), compute(measure, planted_records())
    same = first == again or (math.isnan(first) and math.isnan(again))
    claim(same, f"measure {name!r} must be the same each time", f"{first} and {again}")
    kept = all((getattr(records, field) == values).all() for field, values in before.items())
    claim(kept, f"measure {name!r} must leave the records as they are", "other numbers in them")
