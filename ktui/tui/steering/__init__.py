"""From a key to an action: what may be done, the questions, and what was sent."""
