"""What can be done to a Flagger Canary."""
