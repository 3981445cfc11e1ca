"""How long trials take on this machine, and in which precision they are faster."""
