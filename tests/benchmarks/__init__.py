"""`make bench`: the budgets of the design, each beside its baseline in the same run."""
