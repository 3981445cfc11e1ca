"""What optimisers compute, in PyTorch; settings are one folder above."""
