"""The screen of a rollout's logs."""
