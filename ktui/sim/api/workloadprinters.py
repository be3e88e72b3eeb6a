"""The rows of pods and of what makes them, computed as the API server's own printers do."""

from datetime import datetime
from typing import Any

from ktui.sim.api.ages import age, human, parsed
from ktui.sim.api.columns import NONE, Printer, columns, name_of
from ktui.sim.api.podsummary import pod_summary
from ktui.sim.api.selectors import format_selector

JSON = dict[str, Any]

_WIDE = ("Containers", "Images", "Selector")


def _age(obj: JSON, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _containers(obj: JSON) -> list[str]:
    template = obj["spec"].get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    return [",".join(container.get(field, "") for container in containers) for field in ("name", "image")]


def _wide(obj: JSON) -> list[str]:
    return [*_containers(obj), format_selector(obj["spec"].get("selector")) or NONE]


def _deployment(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [name_of(obj), ready, *counts, _age(obj, now), *_wide(obj)]


def _replica_set(obj: JSON, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    counts = [obj["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name_of(obj), *counts, _age(obj, now), *_wide(obj)]


def _replication_controller(obj: JSON, now: datetime) -> list[Any]:
    shown = _replica_set(obj | {"spec": obj["spec"] | {"selector": None}}, now)
    shown[-1] = format_selector({"matchLabels": obj["spec"].get("selector") or {}}) or NONE
    return shown


def _stateful_set(obj: JSON, now: datetime) -> list[Any]:
    ready = f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return [name_of(obj), ready, _age(obj, now), *_containers(obj)]


def _daemon_set(obj: JSON, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    counts = [status.get(field, 0) for field in fields]
    template = (obj["spec"].get("template") or {}).get("spec") or {}
    nodes = format_selector({"matchLabels": template.get("nodeSelector") or {}}) or NONE
    return [name_of(obj), *counts, nodes, _age(obj, now), *_wide(obj)]


def _controller_revision(obj: JSON, now: datetime) -> list[Any]:
    owners = obj["metadata"].get("ownerReferences") or []
    owner = next((owner for owner in owners if owner.get("controller")), None)
    controller = NONE
    if owner:
        group = owner["apiVersion"].rpartition("/")[0]
        kind = owner["kind"].lower() + (f".{group}" if group else "")
        controller = f"{kind}/{owner['name']}"
    return [name_of(obj), controller, obj.get("revision", 0), _age(obj, now)]


def _job(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    conditions = {condition["type"] for condition in status.get("conditions") or [] if condition["status"] == "True"}
    state = next((name for name in ("Complete", "Failed", "Suspended") if name in conditions), "Running")
    if "deletionTimestamp" in obj["metadata"] and state == "Running":
        state = "Terminating"
    completions = f"{status.get('succeeded', 0)}/{spec.get('completions') or 1}"
    start, end = parsed(status.get("startTime")), parsed(status.get("completionTime"))
    duration = "" if start is None else human(int(((end or now) - start).total_seconds()))
    return [name_of(obj), state, completions, duration, _age(obj, now), *_wide(obj)]


def _cron_job(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    template = (spec.get("jobTemplate") or {}).get("spec") or {}
    last = age(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    suspended = str(bool(spec.get("suspend"))).title()
    active = len(status.get("active") or [])
    first = [name_of(obj), spec.get("schedule", ""), spec.get("timeZone") or NONE, suspended, active, last]
    return [*first, _age(obj, now), *_wide({"spec": template})]


def _pod(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    summary = pod_summary(obj)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts += f" ({age(summary.last_restart, now)} ago)"
    gates = spec.get("readinessGates") or []
    true = {c["type"] for c in status.get("conditions") or [] if c["status"] == "True"}
    passed = sum(gate["conditionType"] in true for gate in gates)
    return [
        name_of(obj),
        f"{summary.ready}/{summary.containers}",
        summary.reason,
        restarts,
        _age(obj, now),
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{passed}/{len(gates)}" if gates else NONE,
    ]


def _pod_conditions(obj: JSON) -> list[JSON]:
    messages = {
        "Succeeded": "The pod has completed successfully.",
        "Failed": "The pod failed.",
    }
    phase = (obj.get("status") or {}).get("phase", "")
    if phase not in messages:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": messages[phase]}]


PRINTERS: dict[str, Printer] = {
    "Deployment": Printer(columns("Ready", "Up-to-date#", "Available#", "Age", wide=_WIDE), _deployment),
    "ReplicaSet": Printer(columns("Desired#", "Current#", "Ready#", "Age", wide=_WIDE), _replica_set),
    "ReplicationController": Printer(
        columns("Desired#", "Current#", "Ready#", "Age", wide=_WIDE), _replication_controller
    ),
    "StatefulSet": Printer(columns("Ready", "Age", wide=("Containers", "Images")), _stateful_set),
    "DaemonSet": Printer(
        columns("Desired#", "Current#", "Ready#", "Up-to-date#", "Available#", "Node Selector", "Age", wide=_WIDE),
        _daemon_set,
    ),
    "ControllerRevision": Printer(columns("Controller", "Revision#", "Age"), _controller_revision),
    "Job": Printer(columns("Status", "Completions", "Duration", "Age", wide=_WIDE), _job),
    "CronJob": Printer(
        columns("Schedule", "Timezone", "Suspend", "Active#", "Last Schedule", "Age", wide=_WIDE), _cron_job
    ),
    "Pod": Printer(
        columns("Ready", "Status", "Restarts", "Age", wide=("IP", "Node", "Nominated Node", "Readiness Gates")),
        _pod,
        _pod_conditions,
    ),
}
