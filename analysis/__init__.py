"""What is read out of the store: tables, figures, statistics. Arrow in, no PyTorch, no Ray."""
