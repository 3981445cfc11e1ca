"""From a study's file to plain values, each with the line where it stands."""
