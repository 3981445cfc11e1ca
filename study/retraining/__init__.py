"""Finished trials trained again, and held against their records. No Ray, MLflow or Optuna here."""
