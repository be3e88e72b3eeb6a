"""Who did what to one rollout."""
