"""Results on any file system: records of trials and the books of studies. It is the truth."""
