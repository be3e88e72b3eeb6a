"""The controllers of Knative Serving: Services, their Configurations, Revisions and Routes, the autoscaler, an ingress.

Built from the rules in tests/recordings/knative; each controller of Knative is a module here. Requests are never sent:
what has no min-scale goes to zero.
"""
