"""`ktui resources`."""
