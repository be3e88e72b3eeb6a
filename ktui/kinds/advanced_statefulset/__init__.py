"""An Advanced StatefulSet of OpenKruise: a StatefulSet that can be paused, and changes pods in place."""
