"""Studies on a Ray cluster: checks of its file and nodes, and jobs that outlive their client."""
