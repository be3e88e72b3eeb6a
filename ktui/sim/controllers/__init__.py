"""The controllers of the simulated cluster: each reacts to changes in the storage and writes through the API server."""
