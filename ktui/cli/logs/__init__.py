"""`ktui logs`: what the pods of a rollout write."""
