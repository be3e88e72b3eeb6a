"""The control plane: storage, API server, controllers, scheduler and kubelet on one kernel."""

from __future__ import annotations

import copy
from importlib import resources as package_files
from typing import Any

import yaml

from ktui.sim.api import resources
from ktui.sim.api.resources import NAMESPACES, PODS
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.autoscaler import AutoscalerController
from ktui.sim.controllers.common import REPLICA_SETS, OwnedIndex
from ktui.sim.controllers.daemonset import DaemonSetController
from ktui.sim.controllers.definitions import DefinitionController
from ktui.sim.controllers.deployment import DeploymentController
from ktui.sim.controllers.disruption import DisruptionController
from ktui.sim.controllers.endpointslice import EndpointSliceController
from ktui.sim.controllers.garbage import GarbageCollector
from ktui.sim.controllers.quota import QuotaController
from ktui.sim.controllers.refusal import Refusals
from ktui.sim.controllers.replicaset import ReplicaSetController
from ktui.sim.controllers.statefulset import StatefulSetController
from ktui.sim.events import EventExpiry
from ktui.sim.kernel import Kernel
from ktui.sim.node.fate import Fates
from ktui.sim.node.kubelet import Kubelet
from ktui.sim.node.objects import node_object
from ktui.sim.node.port import LocalPort
from ktui.sim.node.scheduler import Node, Scheduler
from ktui.sim.storage import Change, Storage

JSON = dict[str, Any]
NODES = resources.of("", "nodes")
SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class ControlPlane:
    """Everything of a cluster but its HTTP server."""

    def __init__(self, kernel: Kernel, nodes: list[Node], *, register_nodes: bool, run_nodes: bool = True) -> None:
        self.kernel = kernel
        self.storage = Storage()
        self.api = ApiServer(kernel, self.storage)
        self.fates = Fates()
        self.pods = OwnedIndex(self.api, PODS)
        self.replica_sets = OwnedIndex(self.api, REPLICA_SETS)
        self.garbage = GarbageCollector(self.api)
        self._installed: set[str] = set()
        DefinitionController(self.api)
        EventExpiry(self.api)
        QuotaController(self.api)
        Refusals(self.api, self.fates)
        DeploymentController(self.api, self.replica_sets, self.pods)
        ReplicaSetController(self.api, self.pods)
        StatefulSetController(self.api, self.pods)
        DaemonSetController(self.api, self.pods)
        EndpointSliceController(self.api)
        DisruptionController(self.api)
        AutoscalerController(self.api)
        port = LocalPort(self.api)
        addresses = {node.name: f"10.0.0.{number}" for number, node in enumerate(nodes, 1)}
        self.scheduler = Scheduler(kernel, port, self.fates, nodes)
        self.kubelet = Kubelet(kernel, port, self.fates, addresses)
        if run_nodes:
            self.api.bucket(PODS).listen(self._pod_changed)
        self.api.bucket(NODES).listen(lambda change: self.scheduler.observe_node(change.version.obj))
        for name in SYSTEM_NAMESPACES:
            self.ensure_namespace(name)
        if register_nodes:
            for node in nodes:
                self.api.create(
                    NODES, "", node_object(node, addresses[node.name], kernel.stamp()), manager="kubelet", trusted=True
                )

    def _pod_changed(self, change: Change) -> None:
        pod = change.version.obj
        self.scheduler.observe(change.type, pod)
        self.kubelet.observe(change.type, pod)

    def ensure_namespace(self, name: str) -> None:
        """Create a namespace where there is none of that name."""
        if self.api.bucket(NAMESPACES).get("", name) is None:
            self.api.create(NAMESPACES, "", {"metadata": {"name": name}}, manager="kube-apiserver")

    def define(self, project: str) -> None:
        """Apply the CustomResourceDefinitions of a project, such as ``argo``: its objects are served then.

        Raises:
            ValueError: there is no such project.
        """
        found = package_files.files(__package__) / "definitions" / f"{project}.yaml"
        if not project.isalpha() or not found.is_file():
            files = (package_files.files(__package__) / "definitions").iterdir()
            known = ", ".join(sorted(each.name.removesuffix(".yaml") for each in files))
            raise ValueError(f"there are no definitions of {project} (there are: {known})")
        for definition in yaml.safe_load(found.read_text(encoding="utf-8")):
            self.apply(definition)

    def install(self, project: str) -> None:
        """Serve the custom resources of a project, and play its controllers where they can be played.

        Raises:
            ValueError: there is no such project.
        """
        self.define(project)
        if project == "flagger":
            self.define("gateway")
        if project in self._installed:
            return
        # Few clusters have one of them: each is imported where it is installed.
        if project == "argo":
            from ktui.sim.controllers.argo.controller import RolloutController  # noqa: PLC0415

            RolloutController(self.api, self.replica_sets, self.pods)
        elif project == "flagger":
            from ktui.sim.controllers.flagger.controller import FlaggerController  # noqa: PLC0415

            FlaggerController(self.api)
        elif project == "kruise":
            from ktui.sim.controllers.kruise import controllers  # noqa: PLC0415
            from ktui.sim.controllers.kruise_rollout.controller import KruiseRolloutController  # noqa: PLC0415

            controllers.begin(self.api, self.pods)
            KruiseRolloutController(self.api, self.replica_sets, self.pods)
        elif project == "knative":
            from ktui.sim.controllers.knative.controller import KnativeController  # noqa: PLC0415

            KnativeController(self.api, self.replica_sets, self.pods)
        self._installed.add(project)

    def apply(self, obj: JSON, manager: str = "kubectl-client-side-apply") -> JSON:
        """Create an object, or replace the one that there is; its namespace is made where it is missing.

        Raises:
            ApiError: as a request for it would be refused.
            ValueError: nothing of its kind is served.
        """
        resource = self.api.catalog.by_kind(obj.get("apiVersion", ""), obj.get("kind", ""))
        if resource is None:
            raise ValueError(f"nothing of kind {obj.get('kind')} in {obj.get('apiVersion')} is served")
        obj = copy.deepcopy(obj)
        metadata = obj.setdefault("metadata", {})
        namespace = metadata.get("namespace", "default") if resource.namespaced else ""
        if namespace:
            self.ensure_namespace(namespace)
        if self.api.bucket(resource).get(namespace, metadata["name"]) is None:
            return self.api.create(resource, namespace, obj, manager=manager)
        return self.api.update(resource, namespace, metadata["name"], obj, manager=manager)
