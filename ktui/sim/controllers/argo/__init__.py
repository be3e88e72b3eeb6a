"""Argo Rollouts, played: the controllers of Rollouts and AnalysisRuns, by the rules of the real ones (v1.9).

What is not played: step plugins, ping-pong Services, header and mirror routes, anti-affinity, and every traffic router
but Istio's VirtualService; a router that is not played is taken at its word.
"""
