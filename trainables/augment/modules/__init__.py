"""What augmentation computes, in PyTorch."""
