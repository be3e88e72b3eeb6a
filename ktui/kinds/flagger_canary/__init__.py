"""Flagger Canaries."""
