"""`ktui timeline`: what happened to one rollout, in order."""
