"""Tests that may be looked at more than once, and what another look would bring.

Declared looks share out α beforehand (`spending`, `boundaries`, `sequential_p`); looks that nobody
declared are paid for by a test that is valid at any time (`always_valid`).
"""
