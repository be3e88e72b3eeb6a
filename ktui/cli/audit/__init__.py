"""`ktui audit`: who did what, by ktui on this machine and by others."""
