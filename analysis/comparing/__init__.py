"""What the numbers allow to be said: measurements, references, tests, budgets."""
