"""A Rollout of Kruise Rollouts: steps by replicas or by traffic for a workload that stays what it is."""
