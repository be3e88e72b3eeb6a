"""Nodes as the API server shows them."""

from __future__ import annotations

from typing import Any

from ktui.sim.node.scheduler import Node

JSON = dict[str, Any]


def node_object(node: Node, address: str, stamp: str) -> JSON:
    """A node that is ready, at this address."""
    room = {"cpu": f"{node.cpu:g}", "memory": f"{int(node.memory / 1024)}Ki", "pods": str(node.pods)}
    ready = {
        "type": "Ready",
        "status": "True",
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
    }
    labels = {"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    info = {
        "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "6.12.0", "osImage": "simulated",
        "containerRuntimeVersion": "containerd://2.1.0", "kubeletVersion": "v1.36.2", "kubeProxyVersion": "",
        "operatingSystem": "linux", "architecture": "amd64",
    }  # fmt: skip
    return {
        "metadata": {"name": node.name, "labels": labels},
        "spec": {},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": [ready],
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": node.name}],
            "nodeInfo": info,
        },
    }
