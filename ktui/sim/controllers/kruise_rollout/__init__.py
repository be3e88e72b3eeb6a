"""The controller of Kruise Rollouts: steps over a Deployment, a CloneSet or an Advanced StatefulSet.

Built from the rules in tests/recordings/kruise. Played is the style by partition, in which the workload itself is held.
Not played: traffic, blue-green, a canary with a Deployment of its own, and BatchReleases.
"""
