"""The terminal that the dashboard runs in: its driver, its input, its clipboard."""
