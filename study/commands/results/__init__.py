"""Commands that read results, and check them."""
