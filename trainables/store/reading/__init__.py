"""How what lies in the store is read: nothing is believed that may not stand there."""
