"""Questions and lists that cover a screen."""
