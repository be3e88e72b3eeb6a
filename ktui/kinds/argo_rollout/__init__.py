"""A Rollout of Argo Rollouts: a canary with steps, or blue-green, with analyses that decide on it."""
