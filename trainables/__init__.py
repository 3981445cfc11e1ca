"""What is trained: networks, losses, incay, data, the training loop, and the store of results.

PyTorch only. Ray appears in `incay.trainables.worker.trainable` alone; MLflow and Optuna nowhere.
What only describes a trial or reads the store (settings, names, metrics, `store`) imports no
PyTorch.
"""
