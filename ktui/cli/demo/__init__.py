"""`ktui demo` and `ktui sim`."""
