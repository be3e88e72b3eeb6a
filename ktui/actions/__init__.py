"""What can be done to a rollout: plan, preview, send, verify, audit."""
