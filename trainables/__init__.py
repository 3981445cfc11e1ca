"""What is trained: networks, losses, incay, data and the training loop.

PyTorch only. Ray appears in `incay.trainables.trainable` alone; MLflow and Optuna nowhere.
`incay.trainables.records` and `incay.trainables.store` import no PyTorch, so that analysis can read
results on a machine that has none.
"""
