"""What kinds share whose revisions are ReplicaSets: Deployments, and Argo Rollouts."""
