"""What is done to all images before they are used: contrast normalisation and whitening."""

from incay.trainables.preprocess.settings import PreprocessSettings

__all__ = ["PreprocessSettings"]
