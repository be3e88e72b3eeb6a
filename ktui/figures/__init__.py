"""What ktui remembers of the rollouts that it saw, and the figures that this comes to."""
