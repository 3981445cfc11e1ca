"""What `precision: auto` stands for: the faster one, measured once on a kind of machine.

A processor's flags do not tell: with some of those that multiply bfloat16 natively a whole network
is slower in it. All of a study's arms have one answer, and a run keeps that which it began with.
"""

from __future__ import annotations

from incay.study.hardware import cpu_count, multiplies_bf16
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.speeds import Kind, Speeds, recall, remember
from incay.study.spec.study import Arm, StudySpec, parse_study
from incay.trainables.names import PRECISION
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store


def settle_precision(
    spec: StudySpec, store: Store, data: DataCatalog, *, measure: bool
) -> StudySpec:
    """Return the study with the precision that `auto` stands for on this machine.

    Args:
        spec: The study, in which the processor's flags have decided. It has passed `check_study`.
        store: Where its results are: a run that has begun goes on as it began.
        data: Its data sets.
        measure: Whether to measure, two seconds, what is not known yet.
    """
    begun = as_begun(spec, store)
    if begun is not None:
        return begun
    arm = _left_to_machine(spec)
    if arm is None:
        return spec
    kind = _kind(spec, arm, data)
    speeds = recall(kind)
    if speeds is None and measure:
        speeds = _measured(kind, arm, data)
    return spec if speeds is None else _settled(spec, speeds.faster)


def as_begun(spec: StudySpec, store: Store) -> StudySpec | None:
    """Return the study with the precision that its run began with; None if it has not begun."""
    try:
        book = Books(store, spec.name, spec.run).study()
    except RecordError:
        return None  # said where books are needed
    left = {arm.name for arm in spec.arms if arm.auto_precision}
    for arm in book.arms if book else ():
        if arm.name in left and arm.config.get(PRECISION) in ("fp32", "bf16"):
            return _settled(spec, arm.config[PRECISION])
    return None


def precision_told(spec: StudySpec, data: DataCatalog) -> list[str]:
    """Return what a plan says of a precision that the study leaves to the machine."""
    arm = _left_to_machine(spec)
    if arm is None:
        return []
    chosen, speeds = arm.config.precision, recall(_kind(spec, arm, data))
    if speeds is None:
        return [f"precision: auto is {chosen}, by the processor's flags: nothing was measured yet"]
    times = f"a step takes {1e3 * speeds.fp32:.3g} ms in fp32, {1e3 * speeds.bf16:.3g} in bf16"
    began = "" if chosen == speeds.faster else "; this run began with it"
    return [f"precision: auto is {chosen}: measured on this machine, {times}{began}"]


def _left_to_machine(spec: StudySpec) -> Arm | None:
    """Return the arm that is measured for all: the baseline, if its precision is left open.

    None where no arm's is, or where there is nothing to choose: on GPUs, and on CPUs without
    bfloat16.
    """
    if spec.resources.gpu or not multiplies_bf16(0.0):
        return None
    left = [arm for arm in spec.arms if arm.auto_precision]
    return next((arm for arm in left if arm.name == spec.baseline), left[0] if left else None)


def _settled(spec: StudySpec, precision: str) -> StudySpec:
    if all(arm.config.precision == precision for arm in spec.arms if arm.auto_precision):
        return spec
    spec.document.precision = precision
    return parse_study(spec.document, spec.code)


def _kind(spec: StudySpec, arm: Arm, data: DataCatalog) -> Kind:
    shape = data.load(arm.config.dataset).image_shape
    threads = max(1, min(int(spec.resources.cpu), cpu_count()))
    return Kind(arm.config.network, shape, arm.config.batch_size, threads)


def _measured(kind: Kind, arm: Arm, data: DataCatalog) -> Speeds | None:
    from incay.study.planning.timing.measured_precision import measured

    speeds = measured(kind, data.load(arm.config.dataset).num_classes)
    if speeds is not None:
        remember(kind, speeds)
    return speeds
