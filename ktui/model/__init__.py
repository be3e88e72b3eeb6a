"""What is known of a cluster: the objects, and the store that holds them. No clock, no I/O."""
