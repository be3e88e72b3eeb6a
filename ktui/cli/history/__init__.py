"""`ktui history` and `ktui diff`."""
