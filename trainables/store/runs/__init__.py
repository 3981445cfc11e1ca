"""Files of a study's run: its list of trials, those of arms that run apart, and leases."""
