"""Pages over the copies, for one person in a browser of this machine."""
