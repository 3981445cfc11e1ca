"""What plan, run and submit refuse before anything starts."""
