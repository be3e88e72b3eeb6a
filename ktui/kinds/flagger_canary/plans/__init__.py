"""What can be done to a Canary of Flagger."""
