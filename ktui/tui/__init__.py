"""The dashboard: the only package that knows Textual."""
