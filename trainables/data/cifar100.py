"""CIFAR-100."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.data import register_dataset
from incay.trainables.data.cifar import CIFARSettings

_CLASS_NAMES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach
    couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster
    house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
    pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket
    rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
    sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip
    turtle wardrobe whale willow_tree wolf woman worm
"""


@register_dataset("cifar100")
@dataclass(frozen=True, kw_only=True)
class CIFAR100Settings(CIFARSettings):
    """CIFAR-100: 600 images of each of 100 kinds of objects; the label is the fine one."""

    folders = ("cifar100", "cifar100/cifar100", "cifar100/data")
    label_column = "fine_label"
    binary_folder = "cifar-100-binary"
    binary_files = (("train.bin",), ("test.bin",))
    label_bytes = 2
    archive = ("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")
    class_names = tuple(_CLASS_NAMES.split())
    how_to_obtain = (
        "Put the Parquet files of huggingface.co/datasets/uoft-cs/cifar100 into DIR/cifar100, "
        "or unpack cifar-100-binary.tar.gz of www.cs.toronto.edu/~kriz/cifar.html there."
    )
