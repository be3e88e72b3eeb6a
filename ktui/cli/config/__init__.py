"""`ktui audit`: what was done with ktui on this machine."""
