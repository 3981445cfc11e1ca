"""What a table says below its rows."""
