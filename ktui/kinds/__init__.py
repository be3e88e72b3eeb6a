"""The kinds of workload that ktui knows: a folder for each."""
