"""What image files have in common: how one is decoded, what is damaged, which labels there are."""
