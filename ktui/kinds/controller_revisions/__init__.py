"""What all kinds share whose revisions are ControllerRevisions: StatefulSets and DaemonSets."""
