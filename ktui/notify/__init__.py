"""Notifications: which changes of rollouts are announced, and the ways on which that reaches a person."""
