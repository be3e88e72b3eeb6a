"""What can be done to an Argo Rollout: the plugin's own patches, with tests before them."""
