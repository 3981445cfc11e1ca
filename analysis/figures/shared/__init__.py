"""What figures share: colours, groups of rows, ranges of norms, responses to λ."""
