"""Trials on Ray: the connection, a Ray of this machine, and Tune with what chooses and prunes."""
