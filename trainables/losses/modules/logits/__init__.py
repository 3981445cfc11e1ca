"""What the losses of `incay.trainables.losses.logits` compute, in PyTorch."""
