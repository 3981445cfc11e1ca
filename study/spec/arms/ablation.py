"""Component ablation: for each part, the full arm with that part as the baseline has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from incay.study.spec.arms.building import Arm, built
from incay.study.spec.header import Ablation
from incay.study.spec.messages import unknown_key, unknown_name
from incay.study.spec.overlay import merge
from incay.study.spec.reading.document import Document
from incay.study.spec.settings import dotted
from incay.trainables.config import COMPONENTS
from incay.trainables.names import DERIVED, THRESHOLD, has, look_up, nest, within
from incay.trainables.settings import to_dict


def ablated(
    document: Document, ablation: Ablation, arms: Mapping[str, Arm], baseline: Arm
) -> Iterator[Arm]:
    """Yield the arms of a component ablation.

    Args:
        document: The study.
        ablation: What it asks for.
        arms: Its other arms, by name.
        baseline: The arm that parts go back to.

    Raises:
        StudyError: There is no such arm or part.
    """
    if ablation.of not in arms:
        raise document.error(
            ("ablation", "of"), unknown_name("ablation.of", ablation.of, list(arms))
        )
    full, plain = arms[ablation.of], to_dict(baseline.config)
    for part in ablation.parts:
        if not has(plain, part) or part in DERIVED:
            known = [key for key in (*plain, *dotted(baseline.config)) if key not in DERIVED]
            raise document.error(("ablation", "parts"), unknown_key(part, known, ()))
        without = look_up(plain, part)
        if without == look_up(to_dict(full.config), part) and not _searched(full, part):
            raise document.error(
                ("ablation", "parts"),
                f"a part must be one in which {full.name!r} and {baseline.name!r} differ, but "
                f"{part} is the same in both",
            )
        values = merge(full.values, nest({part: without}))
        if part in COMPONENTS:
            values[part] = without
        search = {
            name: notation for name, notation in full.search.items() if not within(name, (part,))
        }
        config = built(document, full.source, values)
        reference = None if within(THRESHOLD, (part,)) else full.reference
        name = f"{full.name} without {part}"
        yield Arm(name, full.source, values, config, {}, search, reference, full.auto_precision)


def _searched(arm: Arm, part: str) -> bool:
    return any(within(name, (part,)) for name in arm.search)
