"""Notifications: what is announced, and what reaches a terminal, a program and a server."""
