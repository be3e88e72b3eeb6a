"""The screen of how rollouts went."""
