"""Losses of the angle between a feature and its class: later margins, and norms that set them."""
