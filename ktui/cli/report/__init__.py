"""`ktui report`."""
