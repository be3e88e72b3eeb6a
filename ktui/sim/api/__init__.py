"""What a Kubernetes API server knows about its objects: pure functions on plain dicts.

Nothing here stores, serves, waits or reads a clock. The simulator's server and controllers stand on these modules;
the recordings of a real control plane (v1.36) are the judge of each.
"""
