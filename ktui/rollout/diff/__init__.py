"""What differs between two objects, and what must not be shown of it."""
