"""The screen of all rollouts."""
