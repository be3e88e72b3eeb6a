"""Canaries of Flagger."""
