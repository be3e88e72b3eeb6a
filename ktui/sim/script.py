"""Plays a scenario: puts on the kernel what is to happen, and does it through the API server as people would."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.patch import MERGE_PATCH, STRATEGIC_PATCH
from ktui.sim.api.resources import Resource
from ktui.sim.controllers.common import DEPLOYMENTS, REPLICA_SETS, controller_of, revision_of
from ktui.sim.controlplane import ControlPlane
from ktui.sim.deletion import Deletion
from ktui.sim.fleet import place_fleet
from ktui.sim.kernel import rfc3339
from ktui.sim.scenario import Scenario, Service, Step, Target, seconds

JSON = dict[str, Any]
CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_SETTLED_SHARE = 0.92
"""The last version of a service is out before this share of the history has passed."""
_TROUBLES = (
    {"fate": "crash", "exit-code": 1},
    {"fate": "nopull"},
    {"fate": "unready"},
    {"fate": "oom", "run-seconds": 4},
)


class Script:
    """One scenario on one cluster."""

    def __init__(self, plane: ControlPlane, scenario: Scenario) -> None:
        self._plane = plane
        self._kernel = plane.kernel
        self._scenario = scenario
        self._opening = plane.kernel.now + scenario.history_seconds
        self._startup: dict[str, float] = {}
        self._services: dict[str, Service] = {}

    def begin(self) -> None:
        """Plan everything."""
        for project in self._scenario.controllers:
            self._plane.install(project)
        for image, settings in self._scenario.images.items():
            self._plane.fates.know(image, {name: str(value) for name, value in settings.items()})
        for manifest in self._scenario.objects:
            self._plane.apply(manifest)
        for service in self._scenario.services:
            self._plan_service(service)
        if self._scenario.fleet is not None:
            place_fleet(self._plane, self._scenario.fleet)
        for step in self._scenario.steps:
            self._kernel.at(self._opening + seconds(step.at), self._player(step))
        if self._scenario.traffic is not None:
            self._plan_rollout()

    # -- services ----------------------------------------------------------------------------------------------

    def _plan_service(self, service: Service) -> None:
        key = f"{service.namespace}/{service.name}"
        self._services[key] = service
        self._startup[service.image] = seconds(service.startup)
        for version in service.versions:
            self._know(f"{service.image}:{version}", {})
        first, *later = service.versions
        self._plane.apply(manifest_of(service, first), manager=service.by)
        span = self._scenario.history_seconds * _SETTLED_SHARE
        for number, version in enumerate(later, 1):
            share = (number - 0.5 + 0.4 * self._kernel.random.random()) / len(later)
            cause = service.cause.format(version=version)
            target = Target(name=key, image=f"{service.image}:{version}", cause=cause, by=service.by)
            self._kernel.after(span * min(share, 1.0), self._setter(target))

    def _know(self, image: str, settings: JSON) -> None:
        """An image behaves so; how long it takes to start is its service's."""
        name = image.rpartition(":")[0]
        startup = {"startup-seconds": str(self._startup[name])} if name in self._startup else {}
        settings_of_image = self._scenario.images.get(image, {})
        self._plane.fates.know(image, {k: str(v) for k, v in (startup | settings_of_image | settings).items()})

    # -- steps -------------------------------------------------------------------------------------------------

    def _player(self, step: Step) -> Callable[[], None]:
        return lambda: self._play(step)

    def _setter(self, target: Target) -> Callable[[], None]:
        return lambda: self._set_image(target)

    def _play(self, step: Step) -> None:
        manifests = step.apply if isinstance(step.apply, list) else [step.apply] if step.apply else []
        for manifest in manifests:
            self._plane.apply(manifest)
        if step.set_image is not None:
            self._know(step.set_image.image, {})
        if step.patch is not None:
            self._patch_object(step.patch)
        actions = (
            (step.set_image, self._set_image), (step.scale, self._scale), (step.pause, self._pause),
            (step.resume, self._resume), (step.restart, self._restart), (step.undo, self._undo),
            (step.promote, self._promote), (step.abort, self._abort), (step.retry, self._retry),
            (step.delete, self._delete),
        )  # fmt: skip
        for target, act in actions:
            if target is not None:
                act(target)

    def _change(self, target: Target, change: Callable[[JSON], None]) -> None:
        """Write a workload as `change` alters it; one that is gone meanwhile is left alone."""
        namespace, _, name = target.name.rpartition("/")
        resource = self._resource(target)
        found = self._plane.api.bucket(resource).get(namespace or "default", name)
        if found is not None:
            altered = copy.deepcopy(found)
            change(altered)
            self._plane.api.update(resource, namespace or "default", name, altered, manager=target.by)

    def _resource(self, target: Target) -> Resource:
        kind, _, group = target.kind.partition(".")
        for resource in self._plane.api.catalog.resources:
            if resource.kind == kind and group in ("", resource.group):
                return resource
        raise ValueError(f"nothing of kind {target.kind} is served")

    def _promote(self, target: Target) -> None:
        self._steer(target, {"pauseConditions": None})

    def _abort(self, target: Target) -> None:
        self._steer(target, {"abort": True})

    def _retry(self, target: Target) -> None:
        self._steer(target, {"abort": False})

    def _steer(self, target: Target, status: JSON) -> None:
        """Ask a Rollout's controller for something, as the plugin does: by its status."""
        namespace, _, name = target.name.rpartition("/")
        body = json.dumps({"status": status}).encode()
        self._plane.api.patch(
            self._resource(target), namespace, name, MERGE_PATCH, body, manager=target.by, subresource="status"
        )

    def _set_image(self, target: Target) -> None:
        def change(deployment: JSON) -> None:
            deployment["spec"]["template"]["spec"]["containers"][0]["image"] = target.image
            annotations = deployment["metadata"].setdefault("annotations", {})
            if target.cause:
                annotations[CHANGE_CAUSE] = target.cause

        self._change(target, change)

    def _scale(self, target: Target) -> None:
        self._change(target, lambda deployment: deployment["spec"].update(replicas=target.replicas))

    def _pause(self, target: Target) -> None:
        self._change(target, lambda deployment: deployment["spec"].update(paused=True))

    def _resume(self, target: Target) -> None:
        self._change(target, lambda deployment: deployment["spec"].pop("paused", None))

    def _restart(self, target: Target) -> None:
        def change(deployment: JSON) -> None:
            metadata = deployment["spec"]["template"].setdefault("metadata", {})
            metadata.setdefault("annotations", {})[RESTARTED_AT] = self._kernel.stamp()

        self._change(target, change)

    def _undo(self, target: Target) -> None:
        """Roll back to the revision before the newest, as `kubectl rollout undo` does."""
        namespace, _, name = target.name.rpartition("/")
        deployment = self._plane.api.bucket(DEPLOYMENTS).get(namespace, name)
        if deployment is None:
            return
        uid = deployment["metadata"]["uid"]
        owned = [
            rs
            for rs in self._plane.api.bucket(REPLICA_SETS).in_namespace(namespace)
            if (owner := controller_of(rs)) is not None and owner["uid"] == uid
        ]
        if len(owned) < 2:
            return
        before = sorted(owned, key=revision_of)[-2]
        template = copy.deepcopy(before["spec"]["template"])
        del template["metadata"]["labels"]["pod-template-hash"]
        cause = (before["metadata"].get("annotations") or {}).get(CHANGE_CAUSE)

        def change(altered: JSON) -> None:
            altered["spec"]["template"] = template
            if cause:
                altered["metadata"].setdefault("annotations", {})[CHANGE_CAUSE] = cause

        self._change(target, change)

    def _delete(self, target: Target) -> None:
        namespace, _, name = target.name.rpartition("/")
        resource = self._resource(target)
        if self._plane.api.bucket(resource).get(namespace, name) is not None:
            self._plane.api.delete(resource, namespace, name, Deletion(propagation=target.cascade.capitalize()))

    def _patch_object(self, patch: JSON) -> None:
        resource = self._plane.api.catalog.by_kind(patch.get("apiVersion", ""), patch.get("kind", ""))
        if resource is None:
            raise ValueError(f"nothing of kind {patch.get('kind')} in {patch.get('apiVersion')} is served")
        metadata = patch["metadata"]
        namespace = metadata.get("namespace", "default") if resource.namespaced else ""
        body = json.dumps(patch).replace("{now}", rfc3339(self._kernel.now)).encode()
        how = STRATEGIC_PATCH if resource.custom is None else MERGE_PATCH
        try:
            self._plane.api.patch(resource, namespace, metadata["name"], how, body, manager="kubectl-patch")
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    # -- endless rollouts -----------------------------------------------------------------------------------------

    def _plan_rollout(self) -> None:
        assert self._scenario.traffic is not None
        least, most = (seconds(each) for each in self._scenario.traffic.every)
        now = max(self._kernel.now, self._opening)
        self._kernel.at(now + self._kernel.random.uniform(least, most), self._start_rollout)

    def _start_rollout(self) -> None:
        traffic = self._scenario.traffic
        assert traffic is not None
        self._plan_rollout()
        idle = [key for key in traffic.of if self._is_idle(key)]
        if not idle:
            return
        key = self._kernel.random.choice(idle)
        namespace, _, name = key.rpartition("/")
        deployment = self._plane.api.get(DEPLOYMENTS, namespace, name)
        image = next_version(deployment["spec"]["template"]["spec"]["containers"][0]["image"])
        trouble = self._kernel.random.random() < traffic.trouble
        self._know(image, dict(self._kernel.random.choice(_TROUBLES)) if trouble else {})
        service = self._services.get(key)
        version = image.rpartition(":")[2]
        cause = service.cause.format(version=version) if service else ""
        by = service.by if service else "kubectl-set"
        self._set_image(Target(name=key, image=image, cause=cause, by=by))
        if trouble:
            least, most = (seconds(each) for each in traffic.mended)
            target = Target(name=key, by="kubectl-rollout")
            self._kernel.after(self._kernel.random.uniform(least, most), lambda: self._mend(target, image))

    def _mend(self, target: Target, image: str) -> None:
        """Roll back, unless someone has done something about it."""
        namespace, _, name = target.name.rpartition("/")
        deployment = self._plane.api.bucket(DEPLOYMENTS).get(namespace, name)
        if deployment is not None and deployment["spec"]["template"]["spec"]["containers"][0]["image"] == image:
            self._undo(target)

    def _is_idle(self, key: str) -> bool:
        """Whether a Deployment is whole and neither paused nor held, so that nobody is in the middle of something."""
        namespace, _, name = key.rpartition("/")
        deployment = self._plane.api.bucket(DEPLOYMENTS).get(namespace, name)
        if deployment is None or deployment["spec"].get("paused"):
            return False
        spec, status = deployment["spec"], deployment["status"]
        whole = all(
            status.get(field) == spec["replicas"] for field in ("replicas", "updatedReplicas", "availableReplicas")
        )
        return whole and spec.get("minReadySeconds", 0) < 3600


def next_version(image: str) -> str:
    """The image with the last number of its tag one higher."""
    name, _, tag = image.rpartition(":")
    head, dot, last = tag.rpartition(".")
    return f"{name}:{head}{dot}{int(last) + 1}" if last.isdigit() else f"{name}:{tag}.1"


def manifest_of(service: Service, version: str) -> JSON:
    """The Deployment of a service."""
    labels = {"app": service.name}
    cause = {CHANGE_CAUSE: service.cause.format(version=version)} if service.cause else {}
    container = {
        "name": service.name,
        "image": f"{service.image}:{version}",
        "ports": [{"name": "http", "containerPort": service.port}],
        "resources": {
            "requests": {"cpu": service.cpu, "memory": service.memory},
            "limits": {"memory": service.memory},
        },
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 2},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": service.name,
            "namespace": service.namespace,
            "labels": labels | service.labels,
            "annotations": service.annotations | cause,
        },
        "spec": {
            "replicas": service.replicas,
            "selector": {"matchLabels": labels},
            "progressDeadlineSeconds": service.deadline,
            "minReadySeconds": service.min_ready,
            "strategy": _strategy(service),
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _strategy(service: Service) -> JSON:
    if service.recreate:
        return {"type": "Recreate"}
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": service.surge, "maxUnavailable": service.unavailable},
    }
