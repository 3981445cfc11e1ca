"""What Tune does for each trial of its own accord, and is spared."""
