"""What a study compares: its arms, from the base, grids, an ablation and each other."""
