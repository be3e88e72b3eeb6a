"""`ktui status`."""
