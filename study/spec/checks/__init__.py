"""What a study must keep that is well written: refused before anything runs."""
