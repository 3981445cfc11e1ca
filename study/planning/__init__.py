"""What a study would train, what that takes, and what is known of it. Nothing is trained here."""
