"""What `incay plan`, `run` and `submit` ask of machine and data: one check, before all else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from incay.study.errors import UserError
from incay.study.hardware import cpu_count, gpu_count
from incay.study.planning.checks.background import check_background
from incay.study.planning.checks.known_fit import surely_fits
from incay.study.planning.checks.ray_address import VARIABLE, cluster_address
from incay.study.planning.checks.this_machine import check_machine
from incay.study.planning.data_catalog import DataCatalog
from incay.study.spec.arms.places import place_of
from incay.study.spec.overlay import merge
from incay.study.spec.reading.document import KeyPath
from incay.study.spec.searches.ranges import Choices
from incay.study.spec.searches.search import search_path
from incay.study.spec.settings import ValueProblem, build_trial
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.data import DataError, ImageData
from incay.trainables.data_root import data_root_set
from incay.trainables.fingerprint import code_version, is_own
from incay.trainables.names import nest, within
from incay.trainables.worker.interval import checkpoint_seconds


def check_study(
    spec: StudySpec, data: DataCatalog, *, cpus: float | None = None, gpus: float | None = None
) -> None:
    """Refuse a study that could not be trained; the data are loaded, nothing else is done.

    Args:
        spec: The study.
        data: Its data sets.
        cpus: CPUs to use on this machine; None for all.
        gpus: GPUs to use on this machine; None for all.

    Raises:
        UserError: Nothing can be trained here, no trial could ever be placed, or a data set does
            not fit what is asked of it.
    """
    check_machine()
    check_room(spec, cpus, gpus)
    check_data(spec, data)
    check_batches(spec, data)


def check_elsewhere(spec: StudySpec) -> None:
    """Do what `check_study` does for a study that trains where this machine's room says nothing.

    Its data sets lie there too. Those that need no files are the same everywhere.

    Raises:
        UserError: See `check_study`.
    """
    check_batches(spec, DataCatalog(None), only_here=True)


def check_room(spec: StudySpec, cpus: float | None, gpus: float | None) -> None:
    """Refuse what this machine does not have: options that promise more, trials that want more.

    What its variables say of workers must be sense, too.

    Args:
        spec: The study.
        cpus: CPUs to use on this machine; None for all.
        gpus: GPUs to use on this machine; None for all.

    Raises:
        UserError: What is asked cannot be kept.
    """
    checkpoint_seconds()
    address = cluster_address()
    for kind, need, given, count in (
        ("cpu", spec.resources.cpu, cpus, cpu_count),
        ("gpu", spec.resources.gpu, gpus, gpu_count),
    ):
        if given is not None:
            _check_option(kind, given, address, count)
        if address is not None or not need:
            continue  # a cluster may grow; and to count GPUs may take PyTorch
        have = given if given is not None else count()
        if need > have:
            raise UserError(
                f"{spec.document.where(('resources', kind))}: resources.{kind} must be "
                f"at most what there is, but a trial wants {need:g} of {have:g}"
            )


def _check_option(kind: str, given: float, address: str | None, count: Callable[[], int]) -> None:
    """Refuse a number of CPUs or GPUs that this machine cannot give."""
    option = f"--{kind}s {given:g}"
    if address is not None:
        raise UserError(
            f"{option}: must be left out where {VARIABLE} names a cluster, but that is {address}; "
            "a cluster's nodes say themselves what they have"
        )
    if given % 1:
        raise UserError(f"{option}: must be a whole number")
    if given and given > count():
        raise UserError(
            f"{option}: must be at most the {count()} {kind.upper()}s that this machine has"
        )


def check_data(spec: StudySpec, data: DataCatalog) -> None:
    """Refuse a study whose data sets are not there; nothing is decoded.

    Raises:
        UserError: A data set's files cannot be read. The message names the study's line too.
    """
    for arm in spec.arms:
        try:
            data.hash(arm.config.dataset)
        except DataError as error:
            raise spec.document.error(_path(spec, arm, "dataset"), str(error)) from error
        check_background(spec, arm, data)
        try:
            data.images_hash(arm.config)
        except DataError as error:
            raise spec.document.error(_path(spec, arm, "measure"), str(error)) from error


def _check_outside(spec: StudySpec, arm: Arm, data: DataCatalog, only_here: bool) -> None:
    """Refuse images out of distribution that cannot be read, or of another shape."""
    there = True
    try:
        for each in arm.config.outside.values():
            there = False
            data.load(each)
            there = True
        data.load_for(arm.config)
    except DataError as error:
        if there or not only_here:
            raise spec.document.error(_path(spec, arm, "measure"), str(error)) from error


def check_batches(spec: StudySpec, data: DataCatalog, *, only_here: bool = False) -> None:
    """Refuse batches, networks and losses that cannot train on their set; the data are loaded.

    Args:
        spec: The study.
        data: Its data sets.
        only_here: Whether to pass over data sets that are not here.

    Raises:
        UserError: An arm's batch size is larger than its training set, its network cannot take
            such a batch of such images, its loss not so few classes, there is but one class, or
            its data set is damaged.
    """
    for arm in spec.arms:
        try:
            loaded = data.load(arm.config.dataset)
        except DataError as error:
            if only_here:
                continue
            raise spec.document.error(_path(spec, arm, "dataset"), str(error)) from error
        check_background(spec, arm, data, load=True, only_here=only_here)
        _check_outside(spec, arm, data, only_here)
        if loaded.num_classes < 2:
            raise spec.document.error(
                _path(spec, arm, "dataset"),
                "there must be two classes or more to tell apart, but "
                f"{arm.config.dataset.name!r} has one (arm {arm.name!r})",
            )
        _check_held_out(spec, arm, loaded)
        for path, size, count, whose in _batches(spec, arm, len(loaded.train.labels)):
            if size > count:
                noun = "image" if count == 1 else "images"
                raise spec.document.error(
                    path,
                    f"batch_size must be at most the {count:,} training {noun} of "
                    f"{arm.config.dataset.name!r}{whose}, but is {size} (arm {arm.name!r})",
                )
            _check_first_step(spec, arm, loaded, size, path, data.root)


def _check_held_out(spec: StudySpec, arm: Arm, data: ImageData) -> None:
    """Refuse a trial that would have no image to be chosen or stopped by, or none to train on."""
    share = arm.config.split.validation
    if not (arm.search or spec.stops_early):
        return
    counts = _counts(data)
    held_out = sum(round(share * count) for count in counts)  # of each class, as training does
    if not 0 < held_out < sum(counts):
        raise spec.document.error(
            _path(spec, arm, "split"),
            "split.validation must hold out some images of the training set, and leave some, but "
            f"is {share:g}, which holds out {held_out} of the {sum(counts):,} of "
            f"{arm.config.dataset.name!r} (of each class a rounded share)",
        )


def _counts(data: ImageData) -> list[int]:
    import numpy as np

    return [int(count) for count in np.bincount(data.train.labels)]


def _check_first_step(
    spec: StudySpec,
    arm: Arm,
    data: ImageData,
    size: int,
    batch_path: KeyPath,
    root: Path | None,
) -> None:
    for config in _configs(spec, arm):
        _check_one(spec, arm, config, data, size, batch_path, root)


def _configs(spec: StudySpec, arm: Arm) -> Iterator[TrialConfig]:
    """Yield an arm's configuration, and those of the components that it searches."""
    yield arm.config
    for name, space in arm.spaces.items():
        listed = within(name, ("network", "loss")) and isinstance(space.range, Choices)
        if listed or name == "optimizer.accumulate":
            for value in space.ends:
                try:
                    yield build_trial(
                        merge(arm.values, nest({name: value})), spec.document.data_root
                    )
                except ValueProblem:
                    continue  # with settings that are searched as well


def _check_one(
    spec: StudySpec,
    arm: Arm,
    config: TrialConfig,
    data: ImageData,
    size: int,
    batch_path: KeyPath,
    root: Path | None,
) -> None:
    if is_own(config):
        _check_traceable(spec, config)
    setting, why = _part_refusal(config, data.image_shape)
    if not setting and not surely_fits(config, data.image_shape, data.num_classes, size):
        from incay.study.planning.checks.first_step import refusal

        setting, why = refusal(config, data.image_shape, data.num_classes, size, root)
    if not setting and is_own(config):
        from incay.study.planning.checks.own_step import own_refusal

        with data_root_set(root):
            setting, why = own_refusal(config, data)
    if not setting:
        return
    if setting == "batch_size":
        raise spec.document.error(
            batch_path,
            f"batch_size must be 2 or more for network {config.network.name!r} "
            f"(arm {arm.name!r}), but is 1: {why}",
        )
    shape = "×".join(map(str, data.image_shape))
    raise spec.document.error(
        _path(spec, arm, setting),
        f"{setting} must be one that can train on {config.dataset.name!r} ({data.num_classes:,} "
        f"classes, images of {shape}), but: {why} (arm {arm.name!r})",
    )


def _part_refusal(config: TrialConfig, image_shape: tuple[int, int, int]) -> tuple[str, str]:
    for setting, part in (("augment", config.augment), ("preprocess", config.preprocess)):
        if why := part.refusal(image_shape):
            return setting, why
    return "", ""


def _check_traceable(spec: StudySpec, config: TrialConfig) -> None:
    """Refuse own code that does something behind which a change of it would not be noticed."""
    try:
        code_version(config)
    except UserError as error:
        raise spec.document.error(("uses",), f"uses: {error}") from error


def _batches(spec: StudySpec, arm: Arm, train: int) -> Iterator[tuple[KeyPath, int, int, str]]:
    """Yield each batch size of an arm: where it stands, itself, images there are, and of what."""
    path, whose, count = _path(spec, arm, "batch_size"), "", train
    if arm.search or spec.stops_early:
        count = int(train * (1 - arm.config.split.validation))
        whose = f" that {'a search' if arm.search else 'early stopping'} leaves to train on"
    space = arm.spaces.get("batch_size")
    sizes = (arm.config.batch_size,) if space is None else space.ends
    for size in sizes:
        yield path, size, count, whose


def _path(spec: StudySpec, arm: Arm, setting: str) -> KeyPath:
    """Return where an arm's setting is given; of one that is searched, its range."""
    if setting in arm.search:
        return search_path(spec.document, arm, setting)
    return place_of(spec.document, arm.source, setting.split("."))
