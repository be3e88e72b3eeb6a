"""Rollouts of Kruise Rollouts."""
