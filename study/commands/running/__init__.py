"""Commands that run studies, here or on a cluster, and what surrounds runs."""
