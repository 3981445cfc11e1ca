"""One trial with its durable side, and the processes that train trials. Ray in one file only."""
