"""Copies of the store for other programs: MLflow and Optuna's own tools."""
