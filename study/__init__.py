"""How studies are specified, searched, placed and recorded: ray, optuna and mlflow live here."""
