"""What can be done to a StatefulSet or a DaemonSet, and what comes of it."""
