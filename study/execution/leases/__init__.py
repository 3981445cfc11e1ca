"""Leases of drivers: their locks, who holds them, and what is told of them."""
