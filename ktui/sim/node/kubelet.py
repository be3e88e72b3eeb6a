"""The kubelets of all nodes: each pod that is assigned to a node gets a worker."""

from __future__ import annotations

from typing import Any

from ktui.sim.kernel import Kernel
from ktui.sim.node.fate import Fate, Fates
from ktui.sim.node.podworker import PodWorker
from ktui.sim.node.port import Port

JSON = dict[str, Any]


class Kubelet:
    """Runs the pods that are assigned to a node. It knows of each what a real kubelet would remember."""

    def __init__(self, kernel: Kernel, port: Port, fates: Fates, addresses: dict[str, str]) -> None:
        self._kernel = kernel
        self._port = port
        self._fates = fates
        self._addresses = addresses
        self._workers: dict[str, PodWorker] = {}

    def observe(self, type_: str, pod: JSON) -> None:
        """A pod was ADDED, MODIFIED or DELETED."""
        uid = pod["metadata"]["uid"]
        worker = self._workers.get(uid)
        if type_ == "DELETED":
            if worker is not None:
                del self._workers[uid]
                worker.end()
        elif worker is not None:
            worker.see(pod, self._new_fate(worker, pod))
        elif pod["spec"].get("nodeName") and pod["status"].get("phase") not in ("Succeeded", "Failed"):
            self._start(uid, pod)

    def _new_fate(self, worker: PodWorker, pod: JSON) -> Fate | None:
        """How a pod behaves from now on, where it has other images than before."""
        images, before = ([each.get("image") for each in p["spec"]["containers"]] for p in (pod, worker.pod))
        return self._fates.of(pod).strike(self._kernel.random) if images != before else None

    def _start(self, uid: str, pod: JSON) -> None:
        fate = self._fates.of(pod).strike(self._kernel.random)
        host = self.address(pod["spec"]["nodeName"])
        worker = self._workers[uid] = PodWorker(self._kernel, self._port, pod, fate, host)
        worker.begin()

    def worker(self, uid: str) -> PodWorker | None:
        """What is known of a pod that runs here."""
        return self._workers.get(uid)

    def address(self, node: str) -> str:
        """The address of a node."""
        return self._addresses.get(node, "10.0.0.1")

    def uids(self) -> list[str]:
        """The pods that run here."""
        return list(self._workers)
