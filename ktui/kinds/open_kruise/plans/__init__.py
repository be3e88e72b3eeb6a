"""What can be done to a workload of OpenKruise, and what comes of it."""
