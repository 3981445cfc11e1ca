"""What `incay doctor` asks of a cluster file and of machines."""
