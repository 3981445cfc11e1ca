"""Commands before a run: what there is to study, and what a study would train."""
