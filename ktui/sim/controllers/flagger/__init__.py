"""The controller of Flagger: Canaries of Deployments, with weights on an HTTPRoute or without a route.

Built from the rules in tests/recordings/flagger. Not played: DaemonSets and Services as targets, tracked ConfigMaps and
Secrets, autoscalers, session affinity, and meshes other than the Gateway API.
"""
