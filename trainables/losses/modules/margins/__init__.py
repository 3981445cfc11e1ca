"""What the losses of `incay.trainables.losses.margins` compute, in PyTorch."""
