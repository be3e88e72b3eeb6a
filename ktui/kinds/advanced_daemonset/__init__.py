"""An Advanced DaemonSet of OpenKruise: a DaemonSet with a partition of nodes, a pause, and updates in place."""
