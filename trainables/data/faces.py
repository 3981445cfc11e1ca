"""Faces: folders of people to train on, LFW-format pairs of other people to test on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from incay.trainables.data import register_dataset
from incay.trainables.data.base import (
    DataError,
    DatasetSettings,
    ImageData,
    Split,
    hash_files,
    require_file,
    require_root,
)
from incay.trainables.data.images.cache import Arrays
from incay.trainables.data.images.damage import (
    ON_DAMAGED,
    OnDamaged,
    Problem,
    settle,
    shown,
)
from incay.trainables.data.images.decode import EncodedImage, PixelFormat, decode_all
from incay.trainables.data.images.encoded import done_notes, require_every_class, settled_or_cached
from incay.trainables.data.images.folders import (
    Classes,
    encoded_split,
    images_by_class,
    others_note,
)
from incay.trainables.data.images.kinds import SUFFIXES
from incay.trainables.data.images.limits import require_size, too_many_bytes
from incay.trainables.data.images.wording import said
from incay.trainables.faces.pairs import Face, Pair, read_lines, read_pairs
from incay.trainables.faces.verification import FaceVerification
from incay.trainables.settings import require


@dataclass(frozen=True)
class FaceFiles:
    """The files of a set of faces.

    Attributes:
        people: Image files of each person to train on.
        pairs: What is compared.
        faces: The file of each image that occurs in a pair, in order of person and number.
        lists: The files of pairs and people.
        problems: What is odd in the folders of the people to train on.
        notes: Which files there are no images.
    """

    people: Classes
    pairs: list[Pair]
    faces: dict[Face, Path]
    lists: list[Path]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> list[Path]:
        """Every file, in an order that depends on names only."""
        train = [path for files in self.people.values() for path in files]
        return [*self.lists, *train, *self.faces.values()]


@register_dataset("faces")
@dataclass(frozen=True, kw_only=True)
class FacesSettings(DatasetSettings):
    """Aligned faces, resized to 112×96, in RGB, normalised to (x − 127.5) / 128.

    Size and normalisation are the SphereFace authors'. The papers train on CASIA-WebFace
    without LFW's people (10,572 remain) and test on LFW's 6,000 pairs.

    Attributes:
        folder: Below the data root; all other names are below it.
        train_images: Folder of the people to train on, one folder each.
        test_images: Folder of the people to test on: ``PERSON/PERSON_0001.jpg`` and so on.
        pairs: File of the pairs to test on, in the format of LFW's ``pairs.txt``.
        train_people: File that names the people to train on, one a line; empty takes all.
        test_people: File that names the people whom pairs may show; empty allows all.
        size: (height, width) that images are resized to.
        on_damaged: Whether damaged and odd training images are refused, or skipped and counted;
            those of pairs are always refused.
    """

    folder: str = "faces"
    train_images: str = "train"
    test_images: str = "test"
    pairs: str = "pairs.txt"
    train_people: str = ""
    test_people: str = ""
    size: tuple[int, int] = (112, 96)
    on_damaged: OnDamaged = "refuse"

    horizontal_flip = True
    citation = "Liu et al., SphereFace, 2017, section 4.1; paper A, section 4.1 and Table 1"
    how_to_obtain = (
        "Align the faces of CASIA-WebFace (10,572 people once LFW's are removed) and of LFW by "
        "their landmarks, as the SphereFace authors do, and put them into "
        "DIR/faces/train/<person>/ and DIR/faces/test/<person>/<person>_0001.jpg, beside LFW's "
        "pairs.txt (vis-www.cs.umass.edu/lfw)."
    )

    def __post_init__(self) -> None:
        require_size(self.size)
        require(self.on_damaged in ON_DAMAGED, "on_damaged in {refuse, skip}", self.on_damaged)

    def load(self, data_root: Path | None) -> ImageData:
        """Read and decode the training people's images and those of the pairs."""
        files = self.files(data_root)
        names = tuple(files.people)
        index = {face: position for position, face in enumerate(files.faces)}
        pixel_format = PixelFormat(size=self.size)

        def make() -> Arrays:
            train = encoded_split(files.people, names)
            faces = [EncodedImage(shown(path), path) for path in files.faces.values()]
            trained = decode_all(train.images, pixel_format)
            tested = decode_all(faces, pixel_format)
            # A pair without one of its images would be another test.
            settle(
                [
                    *files.problems,
                    *trained.problems,
                    *(each._replace(skippable=False) for each in tested.problems),
                ],
                self.on_damaged,
            )
            labels = train.labels[trained.whole]
            require_every_class(labels, names, [*files.problems, *trained.problems])
            done = trained.done + tested.done
            return {
                "train_images": trained.images,
                "train_labels": labels,
                "test_images": tested.images,
                "skipped": np.array(len(trained.problems)),
                "notes": np.array(done_notes(done), np.str_),
            }

        arrays = settled_or_cached(
            self, self._hash(data_root, files), make, files.problems, self.on_damaged
        )
        return ImageData(
            train=Split(arrays["train_images"], arrays["train_labels"]),
            test=None,
            class_names=names,
            mean=127.5,
            scale=1 / 128,
            skipped=(int(arrays["skipped"]) + len(files.problems), 0),
            notes=(*files.notes, *(str(note) for note in arrays["notes"])),
            verification=FaceVerification(
                images=arrays["test_images"],
                first=np.array([index[pair.first] for pair in files.pairs]),
                second=np.array([index[pair.second] for pair in files.pairs]),
                same=np.array([pair.same for pair in files.pairs]),
                fold=np.array([pair.fold for pair in files.pairs]),
            ),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of all images that are used and of the lists that choose them."""
        files = self.files(data_root)
        settle(files.problems, self.on_damaged)
        return self._hash(data_root, files)

    def _hash(self, data_root: Path | None, files: FaceFiles) -> str:
        root = require_root(data_root, self.name, self.how_to_obtain)
        return hash_files(files.all, relative_to=root / self.folder)

    def files(self, data_root: Path | None) -> FaceFiles:
        """Return the files to train and test on.

        Raises:
            DataError: One is missing, or a person is both trained and tested on.
        """
        base = require_root(data_root, self.name, self.how_to_obtain) / self.folder
        if not base.is_dir():
            raise DataError(
                f"data set {self.name!r} must have the folder {base}, but it is not there. "
                f"{self.how_to_obtain}"
            )
        lists = [base / name for name in (self.pairs, self.train_people, self.test_people) if name]
        listing = images_by_class(base / self.train_images)
        people = listing.classes
        if self.train_people:
            people = _chosen(people, base / self.train_people, base / self.train_images)
        pairs = read_pairs(base / self.pairs)
        faces = sorted({face for pair in pairs for face in (pair.first, pair.second)})
        tested = {face.person for face in faces}
        if self.test_people:
            _require_none(
                tested - set(_names(base / self.test_people)),
                f"people in {base / self.pairs} must be named in {base / self.test_people}",
            )
        _require_none(tested & set(people), "nobody must be both trained and tested on")
        images = base / self.test_images
        return FaceFiles(
            people,
            pairs,
            {face: _image_of(images, face) for face in faces},
            lists,
            listing.problems_of(people),
            others_note((listing,)),
        )


@register_dataset("orl_faces")
@dataclass(frozen=True, kw_only=True)
class ORLFacesSettings(FacesSettings):
    """ORL faces: 10 grey images of each of 40 people; 30 to train on, 10 to test on.

    A set for a laptop, small enough to see the whole protocol work; its figures say nothing
    about LFW.
    """

    folder: str = "orl_faces"
    train_images: str = "images"
    test_images: str = "images"
    train_people: str = "train_people.txt"
    test_people: str = "test_people.txt"

    citation = "Samaria and Harter, Olivetti Research Laboratory, 1994"
    how_to_obtain = (
        "Put ORL's images into DIR/orl_faces/images/<person>/<person>_0001.png to _0010.png, "
        "with train_people.txt, test_people.txt and an LFW-format pairs.txt beside them."
    )


def _names(path: Path) -> list[str]:
    names = [line.strip() for line in read_lines(path, "list of people") if line.strip()]
    if not names:
        raise DataError(f"{path} must name one person or more, but is empty")
    return names


def _chosen(people: Classes, names: Path, folder: Path) -> Classes:
    chosen = sorted(set(_names(names)))
    _require_none(
        set(chosen) - set(people), f"people named in {names} must have a folder in {folder}"
    )
    return {name: people[name] for name in chosen}


def _image_of(folder: Path, face: Face) -> Path:
    stem = folder / face.person / f"{face.person}_{face.number:04d}"
    paths = [stem.with_name(stem.name + suffix) for suffix in sorted(SUFFIXES)]
    found = [path for path in paths if path.exists()]
    for path in found:
        require_file(path)
        if why := too_many_bytes(path.stat().st_size):
            raise DataError(f"{shown(path)} must have {why}")
    if len(found) > 1:
        raise DataError(
            f"one file must hold image {shown(stem)}, but {shown(Path(found[0].name))} and "
            f"{shown(Path(found[1].name))} are there"
        )
    if found:
        return found[0]
    raise DataError(
        f"image {shown(stem)}.jpg (or .png) must be there, since a pair shows it, but is not"
    )


def _require_none(people: Iterable[str], must_hold: str) -> None:
    """Raise a `DataError` that names the first of the people who break a rule."""
    broken = sorted(people)
    if broken:
        count = len(broken) - 1
        more = f" and {count:,} other{'s' if count > 1 else ''}" if count else ""
        raise DataError(
            f"{must_hold}, but {said(broken[0])}{more} break{'' if count else 's'} that"
        )
