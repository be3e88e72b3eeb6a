"""The tour of the demo: eight steps that a person does, each on the real screens."""
