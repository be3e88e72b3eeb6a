"""What the workloads of OpenKruise share: CloneSets, Advanced StatefulSets and Advanced DaemonSets."""
