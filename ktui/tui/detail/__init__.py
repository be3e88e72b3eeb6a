"""The screen of one rollout."""
