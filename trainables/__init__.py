"""What is trained: networks, losses, incay, data and the training loop.

PyTorch only. Ray appears in `trainables.trainable` alone; MLflow and Optuna nowhere.
`trainables.records` and `trainables.store` import no PyTorch, so that analysis can read
results on a machine that has none.
"""
