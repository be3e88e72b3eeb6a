"""The dashboard: the only package that knows Textual."""

import os

# How often a second a screen may be painted, which Textual reads when it is imported. Nothing is painted that has not
# changed; but after one painting Textual 8.2 lets up to two of these periods pass, and at its own 60 a second a key
# that is pressed just then waits 33 ms for nothing else.
os.environ.setdefault("TEXTUAL_FPS", "120")
