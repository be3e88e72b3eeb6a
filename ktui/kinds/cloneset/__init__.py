"""A CloneSet of OpenKruise: pods without an order, made or changed in place by its own controller."""
