"""A pod in one line: how many containers are ready, one word for what it is doing, how often it was restarted.

The rules are those of the API server's pod printer, so that ``kubectl get pods`` says what it says of a real cluster.
"""

from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True)
class PodSummary:
    """``reason`` is the STATUS column; ``last_restart`` is when a container last ended, RFC 3339, or ""."""

    ready: int
    containers: int
    reason: str
    restarts: int
    last_restart: str


def pod_summary(pod: JSON) -> PodSummary:
    """What the printer makes of a pod's status."""
    spec, status = pod["spec"], pod.get("status") or {}
    conditions: list[JSON] = status.get("conditions") or []
    sidecars = {c["name"] for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"}
    reason = status.get("reason") or status.get("phase") or ""
    if any(c["type"] == "PodScheduled" and c.get("reason") == "SchedulingGated" for c in conditions):
        reason = "SchedulingGated"
    inits: list[JSON] = status.get("initContainerStatuses") or []
    waiting_for = _initializing(inits, sidecars, len(spec.get("initContainers") or []))
    ready = sum(bool(c.get("ready") and c.get("started")) for c in _reached(inits, sidecars))
    counted = inits
    if waiting_for is None or _is_true(conditions, "Initialized"):
        mains: list[JSON] = status.get("containerStatuses") or []
        counted = [*(c for c in inits if c["name"] in sidecars), *mains]
        running = sum(bool(c.get("ready") and "running" in (c.get("state") or {})) for c in mains)
        ready += running
        reason = _main_reason(mains, waiting_for or reason)
        if reason == "Completed" and running:
            reason = "Running" if _is_true(conditions, "Ready") else "NotReady"
    else:
        reason = waiting_for
    return PodSummary(
        ready=ready,
        containers=len(spec.get("containers") or []) + len(sidecars),
        reason=_of_deleted(pod, reason),
        restarts=sum(c.get("restartCount", 0) for c in counted),
        last_restart=max((_last_end(c) for c in counted), default=""),
    )


def _is_true(conditions: list[JSON], kind: str) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _last_end(container: JSON) -> str:
    terminated = (container.get("lastState") or {}).get("terminated") or {}
    return terminated.get("finishedAt") or ""


def _is_past(container: JSON, sidecars: set[str]) -> bool:
    """Whether an init container no longer keeps the pod from starting."""
    terminated = (container.get("state") or {}).get("terminated")
    if terminated and terminated.get("exitCode") == 0:
        return True
    return container["name"] in sidecars and bool(container.get("started"))


def _reached(inits: list[JSON], sidecars: set[str]) -> list[JSON]:
    """The sidecars that run, up to the first init container that has not ended."""
    reached = []
    for container in inits:
        if not _is_past(container, sidecars):
            break
        if container["name"] in sidecars:
            reached.append(container)
    return reached


def _initializing(inits: list[JSON], sidecars: set[str], total: int) -> str | None:
    """The word for a pod whose init containers are not done, or None."""
    for index, container in enumerate(inits):
        if _is_past(container, sidecars):
            continue
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), (state.get("waiting") or {}).get("reason")
        if terminated:
            return f"Init:{_end(terminated)}"
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{index}/{total}"
    return None


def _end(terminated: JSON) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    if signal := terminated.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _main_reason(containers: list[JSON], otherwise: str) -> str:
    """The word of the first container that has one."""
    for container in containers:
        state = container.get("state") or {}
        if waiting := (state.get("waiting") or {}).get("reason"):
            return str(waiting)
        if terminated := state.get("terminated"):
            return _end(terminated)
    return otherwise


def _of_deleted(pod: JSON, reason: str) -> str:
    status = pod.get("status") or {}
    if "deletionTimestamp" not in pod["metadata"]:
        return reason
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in ("Succeeded", "Failed") else "Terminating"
