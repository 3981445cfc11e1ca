"""What tables share: layouts of rows and columns, cells, notes."""
