"""Pure functions from what is known of a cluster to answers. No clock, no I/O: `now` is an argument."""
