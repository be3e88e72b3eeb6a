"""The CloneSet controller of OpenKruise. Its other workloads, and Kruise Rollouts, are served but not played.

Built from the rules in tests/recordings/kruise.
"""
