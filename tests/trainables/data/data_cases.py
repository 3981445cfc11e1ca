"""One case per registered data set: small generated files in its layout, and what they hold."""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scipy.io import savemat

from incay.trainables.data import DatasetSettings, datasets
from incay.trainables.data.idx import FILES

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DatasetCase:
    """A small data set.

    Attributes:
        write: Writes its files below a root and returns its settings.
        image_shape: (channels, height, width).
        counts: Training and test images (for pairs: images that occur in them).
        num_classes: K.
        flips: Whether random flips are on by default.
    """

    write: Callable[[Path], DatasetSettings]
    image_shape: tuple[int, int, int]
    counts: tuple[int, int]
    num_classes: int
    flips: bool = False


def pixels(seed: int, count: int, shape: tuple[int, ...]) -> Images:
    """Random images (count, height, width[, channels])."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def encode(image: Images, form: str = "PNG") -> bytes:
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, form)
    return buffer.getvalue()


def write_idx(folder: Path, train: int = 20, test: int = 10, *, zipped: bool = True) -> None:
    """Write four IDX files of 28×28 images of 10 classes."""
    folder.mkdir(parents=True)
    for index, name in enumerate(FILES):
        count = train if "train" in name else test
        array = pixels(index, count, (28, 28)) if "images" in name else np.arange(count) % 10
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        content = header + array.astype(np.uint8).tobytes()
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name).write_bytes(content)


def write_parquet(
    path: Path,
    images: Images,
    labels: list[int] | None = None,
    *,
    columns: tuple[str, str] = ("image", "label"),
    names: list[str] | None = None,
) -> None:
    """Write one Parquet file in the Hugging Face image layout."""
    labels = [index % 3 for index in range(len(images))] if labels is None else labels
    table = pa.table(
        {
            columns[0]: pa.array(
                [{"bytes": encode(image), "path": f"{i}.png"} for i, image in enumerate(images)],
                pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
            ),
            columns[1]: pa.array(labels, pa.int64()),
        }
    )
    if names is not None:
        feature = {"names": names, "_type": "ClassLabel"}
        info = json.dumps({"info": {"features": {columns[1]: feature}}})
        table = table.replace_schema_metadata({"huggingface": info})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def write_people(
    folder: Path, people: list[str], each: int, shape: tuple[int, ...] = (14, 12)
) -> None:
    """Write `each` images of each person, as LFW names them."""
    for index, person in enumerate(people):
        (folder / person).mkdir(parents=True)
        for number, image in enumerate(pixels(index, each, shape), start=1):
            path = folder / person / f"{person}_{number:04d}.png"
            path.write_bytes(encode(image))


PAIRS = "2 1\nEve 1 2\nEve 1 Flo 2\nFlo 1 2\nFlo 1 Eve 2\n"


def _mnist(root: Path) -> DatasetSettings:
    write_idx(root / "mnist" / "raw")
    return datasets["mnist"]()


def _fashion_mnist(root: Path) -> DatasetSettings:
    write_idx(root / "fashion-mnist", zipped=False)
    return datasets["fashion_mnist"]()


def _digits(root: Path) -> DatasetSettings:
    del root
    return datasets["digits"]()


def _cifar10(root: Path) -> DatasetSettings:
    for split, count in (("train", 20), ("test", 10)):
        write_parquet(
            root / "cifar10" / f"{split}-00000-of-00001.parquet",
            pixels(count, count, (32, 32, 3)),
            [index % 10 for index in range(count)],
            columns=("img", "label"),
        )
    return datasets["cifar10"]()


def _cifar100(root: Path) -> DatasetSettings:
    folder = root / "cifar100" / "cifar-100-binary"
    folder.mkdir(parents=True)
    for split, count in (("train", 21), ("test", 11)):
        coarse, fine = np.full((count, 1), 7), np.arange(90, 90 + count)[:, None] % 100
        images = pixels(count, count, (3072,))
        (folder / f"{split}.bin").write_bytes(
            np.concatenate([coarse, fine, images], axis=1).astype(np.uint8).tobytes()
        )
    return datasets["cifar100"]()


def _parquet(root: Path) -> DatasetSettings:
    for index in range(2):
        write_parquet(
            root / "birds" / "data" / f"train-{index:05d}-of-00002.parquet",
            pixels(index, 6, (9, 8, 3)),
            names=["owl", "crow", "gull"],
        )
    write_parquet(root / "birds" / "data" / "test-00000-of-00001.parquet", pixels(2, 6, (9, 8, 3)))
    return datasets["parquet"](folder="birds")  # type: ignore[call-arg]


def _image_folder(root: Path) -> DatasetSettings:
    for seed, (split, each) in enumerate((("train", 4), ("test", 2))):
        for label, name in enumerate(("owl", "crow")):
            folder = root / "images" / split / name
            folder.mkdir(parents=True)
            for number, image in enumerate(pixels(10 * seed + label, each, (9, 8))):
                (folder / f"{number}.PNG").write_bytes(encode(image))
            (folder / "notes.txt").write_text("not an image")
    return datasets["image_folder"](grey=True)  # type: ignore[call-arg]


def _faces(root: Path) -> DatasetSettings:
    write_people(root / "faces" / "train", ["Ann", "Bob", "Cy"], 4)
    write_people(root / "faces" / "test", ["Eve", "Flo"], 2)
    (root / "faces" / "pairs.txt").write_text(PAIRS)
    return datasets["faces"]()


def _orl_faces(root: Path) -> DatasetSettings:
    base = root / "orl_faces"
    write_people(base / "images", ["Ann", "Bob", "Cy"], 4)
    write_people(base / "images", ["Eve", "Flo"], 2)
    (base / "pairs.txt").write_text(PAIRS)
    (base / "train_people.txt").write_text("Ann\nBob\nCy\n")
    (base / "test_people.txt").write_text("Eve\nFlo\n")
    return datasets["orl_faces"](size=(28, 24))  # type: ignore[call-arg]


def _torchvision(root: Path) -> DatasetSettings:
    for split, count in (("train", 20), ("test", 10)):
        images = pixels(count, count, (32, 32, 3)).transpose(1, 2, 3, 0)
        labels = np.arange(count)[:, None] % 10 + 1  # 10 stands for the digit 0
        savemat(root / f"{split}_32x32.mat", {"X": images, "y": labels.astype(np.uint8)})
    return datasets["torchvision"]()


CASES = {
    "mnist": DatasetCase(_mnist, (1, 28, 28), (20, 10), 10),
    "fashion_mnist": DatasetCase(_fashion_mnist, (1, 28, 28), (20, 10), 10),
    "digits": DatasetCase(_digits, (1, 28, 28), (1437, 360), 10),
    "cifar10": DatasetCase(_cifar10, (3, 32, 32), (20, 10), 10, flips=True),
    "cifar100": DatasetCase(_cifar100, (3, 32, 32), (21, 11), 100, flips=True),
    "torchvision": DatasetCase(_torchvision, (3, 32, 32), (20, 10), 10),
    "parquet": DatasetCase(_parquet, (3, 9, 8), (12, 6), 3),
    "image_folder": DatasetCase(_image_folder, (1, 9, 8), (8, 4), 2),
    "faces": DatasetCase(_faces, (3, 112, 96), (12, 4), 3, flips=True),
    "orl_faces": DatasetCase(_orl_faces, (3, 28, 24), (12, 4), 3, flips=True),
}
