"""The controllers of OpenKruise: CloneSets, Advanced StatefulSets and Advanced DaemonSets.

Built from the rules in tests/recordings/kruise.
"""
