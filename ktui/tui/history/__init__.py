"""The screen of a rollout's revisions."""
