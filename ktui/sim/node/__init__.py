"""Scheduler and kubelet: they hear of pods and write what becomes of them, on whatever API server they are given."""
