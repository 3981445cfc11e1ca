"""Losses that scale, normalise or suppress logits, or fix the classifier that makes them."""
