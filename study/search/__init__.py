"""Which point a search trains next, and which trials it ends early: Optuna's rules, made pure."""
