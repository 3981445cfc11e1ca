"""Whether images of unknown samples, which an incay form asks for, can run beside a trial's own."""

from __future__ import annotations

from dataclasses import replace

from incay.study.planning.data_catalog import DataCatalog
from incay.study.spec.arms.places import place_of
from incay.study.spec.searches.search import search_path
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.data import DataError
from incay.trainables.incay import forms


def check_background(
    spec: StudySpec,
    arm: Arm,
    data: DataCatalog,
    *,
    load: bool = False,
    only_here: bool = False,
) -> None:
    """Refuse a background that cannot be read, is of another shape, or is searched.

    Args:
        spec: The study.
        arm: One of its arms.
        data: Its data sets.
        load: Whether to load the images.
        only_here: Whether to pass over a set that is not here.

    Raises:
        StudyError: It is so.
    """
    searched = {f"incay.settings.{each.background}" for each in forms.values() if each.background}
    for setting in sorted(searched & set(arm.search)):
        raise spec.document.error(
            search_path(spec.document, arm, setting),
            f"{setting} must be given, not searched: its images are loaded before the search",
        )
    incay = arm.config.incay
    if not incay.named_background:
        return
    # Also where no weight is given: a search may find one.
    config = replace(arm.config, incay=replace(incay, weight=incay.weight or 1.0))
    assert config.background is not None
    try:
        data.hash(config.background)
        if load:
            data.load_for(config)
    except DataError as error:
        if not only_here:
            path = place_of(spec.document, arm.source, ("incay",))
            raise spec.document.error(path, str(error)) from error
