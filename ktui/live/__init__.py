"""What is known of a cluster, live: from its streams to rollouts. Knows no screen and no command."""
