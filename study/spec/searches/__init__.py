"""What a study says of its searches: ranges, conditions, grids and starting points."""
