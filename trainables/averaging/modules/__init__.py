"""What averages of weights compute, in PyTorch."""
