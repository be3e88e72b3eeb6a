"""What `ktui get` and `ktui status` say of a Service that chooses between Deployments."""
