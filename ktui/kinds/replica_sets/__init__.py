"""What kinds share whose revisions are ReplicaSets: Deployments, and Rollouts of Argo."""
