"""Three machines on one: namespaced nodes with an sshd each, for a true `ray up`."""
