"""What can be done to a Rollout of Kruise Rollouts, and to its workload, and what comes of it."""
