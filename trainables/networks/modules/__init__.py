"""What networks compute, in PyTorch; their settings lie one folder up and import none of it."""
