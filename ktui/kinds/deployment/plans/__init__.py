"""What can be done to a Deployment, and what comes of it."""
