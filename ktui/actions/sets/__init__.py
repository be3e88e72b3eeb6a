"""The actions on StatefulSets and DaemonSets: the same requests and plans as for Deployments, by other means."""
