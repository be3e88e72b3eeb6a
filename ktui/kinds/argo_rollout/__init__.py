"""An Argo Rollout: a canary with steps, or blue-green, with analyses that decide on it."""
