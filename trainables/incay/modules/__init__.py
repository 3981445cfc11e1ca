"""What incay computes, in PyTorch; settings and forms lie one folder up and import none of it."""
