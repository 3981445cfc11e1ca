"""From a printed number back to its trials: by its key, or by its place in an exported file."""
