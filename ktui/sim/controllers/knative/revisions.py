"""Revisions: each has a Deployment, judged by its pods, and scaled as the autoscaler would without requests."""

from __future__ import annotations

import re

from ktui.sim.controllers.argo.rollout import duration_seconds
from ktui.sim.controllers.common import DEPLOYMENTS, OwnedIndex, find_condition
from ktui.sim.controllers.knative import common
from ktui.sim.controllers.knative.common import (
    CONFIGURATION,
    FALSE,
    GENERATION,
    GROUP,
    JSON,
    MIN_SCALE,
    PROGRESS_DEADLINE,
    ROUTING_STATE,
    SERVICE,
    SERVICE_UID,
    TRUE,
    UNKNOWN,
    Says,
    World,
    annotation,
    happy,
    label,
    reported,
)
from ktui.sim.kernel import seconds_of

DEADLINE = 600.0
DIGEST_SECONDS = 0.05
QUEUE_PROXY = "gcr.io/knative-releases/queue:1.23"
_NO_TRAFFIC = Says(FALSE, "NoTraffic", "The target is not receiving traffic.")
_QUEUED = Says(UNKNOWN, "Queued", "Requests to the target are being buffered as resources are provisioned.")
_BECOMES_READY = "Revision becomes ready {} all resources being ready".format("upon")  # in Knative's words
_REFUSES = re.compile(r"^(127\.0\.0\.1:1|[\w.-]+\.invalid(?::\d+)?)/")
"""Registries that cannot be asked for a digest."""


class Revisions:
    """Plays the controller of Revisions, and the autoscaler."""

    def __init__(self, world: World, replica_sets: OwnedIndex, pods: OwnedIndex) -> None:
        self._world, self._replica_sets, self._pods = world, replica_sets, pods

    def reconcile(self, revision: JSON) -> float | None:
        """Make its Deployment, scale that, and tell how it does; in how many seconds it is worth another look."""
        world, meta = self._world, revision["metadata"]
        resolved = seconds_of(meta["creationTimestamp"]) + DIGEST_SECONDS
        unresolved = next((f for each in revision["spec"]["containers"] if (f := _unresolved(each["image"]))), None)
        if unresolved is not None and reported(revision, "Ready") is not None and resolved <= world.now:
            failed = Says(FALSE, "ContainerMissing", unresolved)
            waits = Says(UNKNOWN, "ResolvingDigests")
            self._tell(revision, {"ResourcesAvailable": waits}, failed, None)
            return None
        if reported(revision, "Ready") is None:
            waits = Says(UNKNOWN, "ResolvingDigests")
            self._tell(revision, {"ResourcesAvailable": waits}, Says(UNKNOWN), None)
            return max(DIGEST_SECONDS, resolved - world.now)
        name = f"{meta['name']}-deployment"
        deployment = world.find(DEPLOYMENTS, meta["namespace"], name) or self._make(revision, name)
        wanted, again = self._wanted(revision, deployment)
        if deployment["spec"]["replicas"] != wanted:
            deployment = world.write(DEPLOYMENTS, deployment, spec=deployment["spec"] | {"replicas": wanted})
        self._judge(revision, deployment, wanted)
        return again

    # -- its Deployment --------------------------------------------------------------------------------------------

    def _make(self, revision: JSON, name: str) -> JSON:
        meta = revision["metadata"]
        labels = {key: label(revision, key) for key in (CONFIGURATION, GENERATION, SERVICE, SERVICE_UID)} | {
            "app": meta["name"],
            f"{GROUP}/revision": meta["name"],
            f"{GROUP}/revisionUID": meta["uid"],
        }
        proxy = {"name": "queue-proxy", "image": QUEUE_PROXY, "resources": {"requests": {"cpu": "25m"}}}
        containers = [{"name": "user-container"} | each for each in revision["spec"]["containers"]] + [proxy]
        template = {"metadata": {"labels": labels}, "spec": {**_pod_spec(revision), "containers": containers}}
        spec = {
            "replicas": max(1, _min_scale(revision)),
            "selector": {"matchLabels": {f"{GROUP}/revisionUID": meta["uid"]}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": int(_deadline(revision)),
            "template": template,
        }
        return self._world.make(DEPLOYMENTS, revision, name, {"labels": labels}, spec)

    def _wanted(self, revision: JSON, deployment: JSON) -> tuple[int, float | None]:
        """How many pods it is to have, and in how many seconds that may be another number.

        What has traffic keeps its min-scale; what has none, or has failed for long, goes to zero.
        """
        least, now = _min_scale(revision), self._world.now
        ready = find_condition((revision.get("status") or {}).get("conditions") or (), "Ready")
        current = int(deployment["spec"]["replicas"])
        is_routed = label(revision, ROUTING_STATE) != "reserve"
        if ready is None or ready["status"] == UNKNOWN:
            return max(1, least, current), max(0.1, _tried_at(revision) + _deadline(revision) + 1 - now)
        held = seconds_of(ready["lastTransitionTime"])
        if ready["status"] == FALSE:
            ends = max(held, _tried_at(revision)) + _deadline(revision) + common.GRACE
            if now < ends:
                return current, max(0.1, ends - now)
            # Its pods are removed, and, if it has a min-scale, tried again at once.
            is_over = not deployment["status"].get("replicas")
            return (0, 0.1) if current else (least if is_routed and is_over else 0, None)
        if is_routed and least:
            return max(least, 1), None
        modified = annotation(revision, f"{GROUP}/routingStateModified")
        idle = max(held, seconds_of(modified) if modified else held) + common.STABLE_WINDOW + common.GRACE
        if not is_routed:
            idle -= common.STABLE_WINDOW
        return (max(current, 1), max(0.1, idle - now)) if now < idle and current else (0, None)

    # -- its conditions --------------------------------------------------------------------------------------------

    def _judge(self, revision: JSON, deployment: JSON, wanted: int) -> None:
        status = deployment.get("status") or {}
        up, before = int(status.get("availableReplicas") or 0), reported(revision, "Ready")
        was_ready = before is not None and before.status == TRUE
        deploying = Says(UNKNOWN, "Deploying")
        if up and wanted:
            says = {"Active": Says(TRUE), "ResourcesAvailable": Says(TRUE)}
            self._tell(revision, says, Says(TRUE), deployment)
            if not was_ready:
                self._world.tell(revision, "RevisionReady", _BECOMES_READY)
            return
        failed, active = self._failure(revision, deployment), _QUEUED if wanted else _NO_TRAFFIC
        available, healthy = (
            reported(revision, "ResourcesAvailable") or deploying,
            reported(revision, "ContainerHealthy"),
        )
        if was_ready and failed is None:
            told_now = Says(TRUE), Says(TRUE)
        elif failed is not None and before is not None and before.status == FALSE:
            told_now = available, healthy or Says(UNKNOWN)  # its pods are seldom looked at again
        elif failed is not None and failed.reason.startswith("ExitCode"):
            late = Says(FALSE, "ProgressDeadlineExceeded", _late_words(deployment))
            told_now = late if _is_late(deployment) else Says(TRUE), failed
        elif failed is not None:
            told_now = failed, Says(UNKNOWN)
        else:
            # What has failed to be made may come after all; that containers failed stays until they are healthy.
            told_now = deploying, healthy if healthy is not None and healthy.status == FALSE else deploying
        self._tell(revision, {"Active": active, "ResourcesAvailable": told_now[0]}, told_now[1], deployment)

    def _failure(self, revision: JSON, deployment: JSON) -> Says | None:
        """Why its pods do not serve, where Knative would tell so by now."""
        conditions = (deployment.get("status") or {}).get("conditions") or ()
        refused = find_condition(conditions, "ReplicaFailure")
        if refused is not None and refused["status"] == TRUE:
            return Says(FALSE, "FailedCreate", str(refused.get("message", "")))
        sets = self._replica_sets.of(deployment["metadata"]["uid"])
        pods = [pod for each in sets for pod in self._pods.of(each["metadata"]["uid"])]
        was_up = any(_restarts(pod) and _was_ready(deployment) for pod in pods)
        for pod in pods:
            placed = find_condition(pod["status"].get("conditions") or (), "PodScheduled")
            if placed is not None and placed["status"] == FALSE:
                return Says(FALSE, "Unschedulable", str(placed.get("message", "")))
        is_late = _is_late(deployment) or self._world.now > _tried_at(revision) + _deadline(revision)
        if not is_late and not was_up:
            return None
        for pod in pods:
            for container in pod["status"].get("containerStatuses") or ():
                waiting = (container.get("state") or {}).get("waiting") or {}
                ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get(
                    "terminated"
                )
                if ended and ended.get("exitCode"):
                    return Says(FALSE, f"ExitCode{ended['exitCode']}", "Container failed with: ")
                if waiting.get("reason") in ("ImagePullBackOff", "ErrImagePull"):
                    return Says(FALSE, "ImagePullBackOff", str(waiting.get("message", "")))
        return Says(FALSE, "ProgressDeadlineExceeded", _late_words(deployment)) if _is_late(deployment) else None

    def _tell(self, revision: JSON, says: dict[str, Says], healthy: Says, deployment: JSON | None) -> None:
        says = {**says, "ContainerHealthy": healthy}
        says["Ready"] = happy(healthy, says["ResourcesAvailable"])
        fields: JSON = {
            "containerStatuses": [
                {"name": each.get("name", "user-container")} for each in revision["spec"]["containers"]
            ]
        }
        if deployment is not None:
            fields["actualReplicas"] = int((deployment.get("status") or {}).get("readyReplicas") or 0)
            fields["desiredReplicas"] = int(deployment["spec"]["replicas"])
        self._world.status(self._world.revisions, revision, fields, says)


def _pod_spec(revision: JSON) -> JSON:
    """The spec of its pods, without what is Knative's own."""
    own = ("containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds")
    return {key: value for key, value in revision["spec"].items() if key not in own}


def _unresolved(image: str) -> str | None:
    found = _REFUSES.match(image)
    if found is None:
        return None
    host = found[1]
    why = (
        f"dial tcp {host}: connect: connection refused"
        if host == "127.0.0.1:1"
        else f"dial tcp: lookup {host}: no such host"
    )
    asked = "; ".join(f'Get "{scheme}://{host}/v2/": {why}' for scheme in ("https", "http"))
    return f'Unable to fetch image "{image}": failed to resolve image to digest: {asked}'


def _tried_at(revision: JSON) -> float:
    """Since when pods of it are asked for, or not."""
    active = find_condition((revision.get("status") or {}).get("conditions") or (), "Active")
    return seconds_of(active["lastTransitionTime"] if active is not None else revision["metadata"]["creationTimestamp"])


def _min_scale(revision: JSON) -> int:
    text = annotation(revision, MIN_SCALE)
    return int(text) if text.isdecimal() else 0


def _deadline(revision: JSON) -> float:
    text = annotation(revision, PROGRESS_DEADLINE)
    return duration_seconds(text) if text else DEADLINE


def _is_late(deployment: JSON) -> bool:
    found = find_condition((deployment.get("status") or {}).get("conditions") or (), "Progressing")
    return found is not None and found["status"] == FALSE


def _late_words(deployment: JSON) -> str:
    found = find_condition((deployment.get("status") or {}).get("conditions") or (), "Progressing")
    return str((found or {}).get("message", ""))


def _was_ready(deployment: JSON) -> bool:
    found = find_condition((deployment.get("status") or {}).get("conditions") or (), "Progressing")
    return found is not None and found.get("reason") == "NewReplicaSetAvailable"


def _restarts(pod: JSON) -> int:
    return sum(int(each.get("restartCount") or 0) for each in pod["status"].get("containerStatuses") or ())
