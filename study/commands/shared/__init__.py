"""What several commands share: arguments, options, the terminal, completion."""
