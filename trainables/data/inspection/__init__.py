"""What lies in a data folder, looked at before a set is read: what cannot be read is refused.

No trial reaches this room, so that it is no part of a fingerprint: it changes nothing of what a set
is. What a format needs is registered for the class of its settings.
"""
