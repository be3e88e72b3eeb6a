"""`ktui get`."""
