"""What an action comes to: requests, plans, patches and the sentences about them. No clock, no chance, no I/O."""
