"""The papers' own numbers, and why ours may not be of the same thing."""
