"""Tables as data, and how they are written down: shown as text, by renderers."""
