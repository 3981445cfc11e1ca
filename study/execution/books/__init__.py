"""What a run keeps in the store and takes from it: books, records, endings, networks."""
