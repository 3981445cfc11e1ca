"""What preprocessing computes, in PyTorch."""
