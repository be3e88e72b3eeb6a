"""The screen of what happened to a rollout."""
