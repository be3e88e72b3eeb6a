"""What can be done to a Rollout of Argo: the plugin's own patches, with tests before them."""
