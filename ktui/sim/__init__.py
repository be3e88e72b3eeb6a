"""A simulated Kubernetes cluster behind a real HTTP API server: controllers, scheduler, kubelet, scenarios, faults.

It imports nothing of ktui, and serves any client.
"""

from ktui.sim.cluster import SimulatedCluster, TlsFiles
from ktui.sim.faults import Faults, Request
from ktui.sim.scenario import ScenarioInfo, causes, scenarios

__all__ = ["Faults", "Request", "ScenarioInfo", "SimulatedCluster", "TlsFiles", "causes", "scenarios"]
