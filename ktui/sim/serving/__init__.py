"""The simulated API server over HTTP."""
