"""CloneSets, Advanced StatefulSets and Advanced DaemonSets of OpenKruise."""
