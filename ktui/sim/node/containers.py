"""Containers of a pod as their kubelet sees them, and the pod status that they add up to."""

from __future__ import annotations

from typing import Any

from ktui.sim.quantity import memory_of

JSON = dict[str, Any]


class Container:
    """One container: its state, and how it got there."""

    __slots__ = (
        "field_path",
        "image",
        "is_init",
        "is_sidecar",
        "last",
        "name",
        "ready",
        "restarts",
        "started",
        "state",
    )

    def __init__(self, spec: JSON, *, is_init: bool) -> None:
        self.name: str = spec["name"]
        self.image: str = spec.get("image", "")
        self.is_init = is_init
        self.is_sidecar = is_init and spec.get("restartPolicy") == "Always"
        self.field_path = f"spec.{'initContainers' if is_init else 'containers'}{{{self.name}}}"
        self.state: JSON = {"waiting": {"reason": "ContainerCreating"}}
        self.last: JSON = {}
        self.ready = False
        self.started = False
        self.restarts = 0

    @property
    def is_main(self) -> bool:
        """Whether this is no init container and no sidecar."""
        return not self.is_init

    @property
    def is_new(self) -> bool:
        """Whether its process has never run."""
        return "waiting" in self.state and not self.last

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return "running" in self.state

    @property
    def is_through(self) -> bool:
        """Whether the containers after it may start: an init container that succeeded, a sidecar that is up."""
        if self.is_sidecar:
            return self.started
        return bool(self.state.get("terminated", {}).get("exitCode", 1) == 0)

    def wait(self, reason: str, message: str = "") -> None:
        """It does not run, and this is why."""
        if "terminated" in self.state:
            self.last = self.state
        self.state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        self.ready = self.started = False

    def run(self, stamp: str) -> None:
        """Its process has started."""
        if "terminated" in self.state:
            self.last = self.state
        self.state = {"running": {"startedAt": stamp}}
        self.ready = self.started = False

    def exit(self, code: int, reason: str, stamp: str, message: str = "") -> None:
        """Its process has ended."""
        since = self.state.get("running", {}).get("startedAt", stamp)
        ended = {"exitCode": code, "reason": reason, "startedAt": since, "finishedAt": stamp}
        self.state = {"terminated": ended | ({"message": message} if message else {})}
        self.ready = self.is_init and code == 0
        self.started = False

    def resume(self, status: JSON) -> None:
        """Take over what a pod's status says of it."""
        for known in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
            if known["name"] == self.name:
                self.state, self.last = known["state"], known.get("lastState") or {}
                self.ready, self.restarts = known["ready"], known["restartCount"]
                self.started = bool(known.get("started"))

    def status(self) -> JSON:
        """As the pod's status tells of it."""
        return {
            "name": self.name,
            "state": self.state,
            "lastState": self.last,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image,
            "imageID": "",
            "started": self.started,
        }


def containers_of(pod: JSON) -> list[Container]:
    """The containers of a pod, init containers first."""
    spec = pod["spec"]
    inits = [Container(each, is_init=True) for each in spec.get("initContainers") or ()]
    return inits + [Container(each, is_init=False) for each in spec["containers"]]


def initialized(containers: list[Container]) -> bool:
    """Whether all init containers are through."""
    return all(container.is_through for container in containers if container.is_init)


def pod_status(
    pod: JSON,
    containers: list[Container],
    *,
    phase: str | None,
    host: str,
    address: str,
    started: str,
    stamp: str,
    through: bool,
) -> JSON:
    """The status of a pod; conditions keep the time at which they came true where they have not changed."""
    main = [container for container in containers if container.is_main]
    phase = phase or _phase(pod, main, through=through)
    ready = all(c.ready for c in containers if c.is_main or c.is_sidecar) and phase == "Running"
    not_ready = None if ready else ("ContainersNotReady", _unready(containers))
    if phase == "Succeeded":
        not_ready = ("PodCompleted", "")
    waiting_for = [c.name for c in containers if c.is_init and not c.is_through]
    incomplete = f"containers with incomplete status: [{' '.join(waiting_for)}]"
    wanted = [
        ("PodScheduled", None),
        ("Initialized", None if through else ("ContainersNotInitialized", incomplete)),
        ("ContainersReady", not_ready),
        ("Ready", not_ready),
    ]
    before = {c["type"]: c for c in pod["status"].get("conditions") or ()}
    gates = gates_of(pod)
    if ready and (shut := [type_ for type_, status in gates.items() if status != "True"]):
        why = f'the status of pod readiness gate "{shut[0]}" is not "True", but {gates[shut[0]] or "missing"}'
        wanted[-1] = ("Ready", ("ReadinessGatesNotReady", why))
    kept = [before[type_] for type_ in gates if type_ in before]
    status: JSON = {
        "phase": phase,
        "conditions": [*kept, *(_condition(type_, why, before.get(type_), stamp) for type_, why in wanted)],
        "hostIP": host,
        "startTime": started,
    }
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    if any(container.is_init for container in containers):
        status["initContainerStatuses"] = [c.status() for c in containers if c.is_init]
    status["containerStatuses"] = [container.status() for container in main]
    status["qosClass"] = pod["status"].get("qosClass", "BestEffort")
    return status


def gates_of(pod: JSON) -> dict[str, str]:
    """What each readiness gate of a pod says; nothing where its condition is not there yet."""
    status_of = {each["type"]: each["status"] for each in pod["status"].get("conditions") or ()}
    types = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    return {type_: status_of.get(type_, "") for type_ in types}


def hold_resize(pod: JSON, status: JSON, name: str, limit: str) -> None:
    """The memory of a container is to change in place, and its node has no room yet: `limit` stays in force.

    kubelet/allocation: what is in force is in the container's status, and the condition PodResizePending says why.
    """
    spec = next(each for each in pod["spec"]["containers"] if each["name"] == name)
    asked = spec.get("resources") or {}
    in_force = {field: asked.get(field, {}) | {"memory": limit} for field in ("limits", "requests")}
    for container in status["containerStatuses"]:
        if container["name"] == name:
            container |= {"resources": in_force, "allocatedResources": in_force["requests"]}
    why = resize_refused(asked)
    before = {known["type"]: known for known in pod["status"].get("conditions") or ()}
    pending = _condition(
        "PodResizePending", None, before.get("PodResizePending"), status["conditions"][0]["lastTransitionTime"]
    )
    status["conditions"].append(pending | {"reason": "Deferred", "message": why})


def resize_refused(asked: JSON) -> str:
    """Why a node does not give a container the memory that it asks for (lifecycle/predicate.go)."""
    requested = round(memory_of((asked.get("requests") or {}).get("memory", "0")))
    capacity = 128 * 2**30
    return (
        f"Node didn't have enough resource: memory, requested: {requested}, used: {capacity - requested // 2}, "
        f"capacity: {capacity}"
    )


def _phase(pod: JSON, main: list[Container], *, through: bool) -> str:
    if not through or not any(c.is_running or c.last or "terminated" in c.state for c in main):
        return "Pending"
    ends = [c.state["terminated"]["exitCode"] for c in main if "terminated" in c.state]
    policy = pod["spec"].get("restartPolicy", "Always")
    if policy == "Always" or len(ends) < len(main):
        return "Running"
    if not any(ends):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _unready(containers: list[Container]) -> str:
    names = [c.name for c in containers if not c.ready and (c.is_main or c.is_sidecar)]
    return f"containers with unready status: [{' '.join(names)}]"


def _condition(type_: str, why: tuple[str, str] | None, before: JSON | None, stamp: str) -> JSON:
    status = "True" if why is None else "False"
    since = before["lastTransitionTime"] if before is not None and before["status"] == status else stamp
    made = {"type": type_, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if why is not None:
        made |= {"reason": why[0]} | ({"message": why[1]} if why[1] else {})
    return made
