"""Which pods get the traffic: Services, routes, blue-green pairs."""
