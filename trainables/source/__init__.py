"""The text of code: which of it a trial reaches, and what of that computes."""
