"""From a study file to a checked `StudySpec`: YAML, header, arms, ranges, fairness. No tensors."""
