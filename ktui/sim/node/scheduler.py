"""The scheduler: gives each new pod a node that has room for it, or says why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ktui.sim.kernel import Kernel
from ktui.sim.node.affinity import bound_to
from ktui.sim.node.fate import Fate, Fates
from ktui.sim.node.port import SCHEDULER, Port
from ktui.sim.quantity import cpu_of, memory_of

JSON = dict[str, Any]
LATENCY = 0.009
RETRY_SECONDS = 30.0
_NO_SCALE_UP = "NotTriggerScaleUp"
_HOPES = {
    "": ("cluster-autoscaler", "TriggeredScaleUp", "pod triggered scale-up: [{workers 3->4 (max: 10)}]"),
    "Nominated": ("karpenter", "Nominated", "Pod should schedule on: nodeclaim/default-8xkpl"),
    _NO_SCALE_UP: (
        "cluster-autoscaler", _NO_SCALE_UP, "pod didn't trigger scale-up: 1 max node group size reached",
    ),
}  # fmt: skip
"""What those who add nodes say of a pod that waits for one: their name, the event's reason and its message."""
_PREEMPTING = "no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node."
"""What is said as long as the victims stop; the first refusal says nothing of preemption."""
NOT_CHOSEN = "node(s) didn't satisfy plugin(s) [NodeAffinity]"


@dataclass
class Node:
    """A node: what it can hold and what it holds. CPU in cores, memory in bytes."""

    name: str
    cpu: float = 32.0
    memory: float = 128 * 2.0**30
    pods: int = 250
    used: dict[str, tuple[float, float]] = field(default_factory=dict)
    cordoned: bool = False
    free_cpu: float = field(init=False)
    free_memory: float = field(init=False)

    def __post_init__(self) -> None:
        self.free_cpu, self.free_memory = self.cpu, self.memory

    def lacks(self, cpu: float, memory: float) -> str | None:
        """What a pod that requests this would find too little of, None where it fits."""
        if self.cordoned:
            return "node(s) were unschedulable"
        if len(self.used) >= self.pods:
            return "Too many pods"
        if cpu > self.free_cpu:
            return "Insufficient cpu"
        return "Insufficient memory" if memory > self.free_memory else None

    def take(self, uid: str, cpu: float, memory: float) -> None:
        """Reserve room for a pod."""
        self.used[uid] = (cpu, memory)
        self.free_cpu -= cpu
        self.free_memory -= memory

    def give_back(self, uid: str) -> None:
        """The pod is gone."""
        cpu, memory = self.used.pop(uid)
        self.free_cpu += cpu
        self.free_memory += memory


class Scheduler:
    """Assigns pods to nodes: those with the fewest pods first."""

    def __init__(self, kernel: Kernel, port: Port, fates: Fates, nodes: list[Node]) -> None:
        self._kernel = kernel
        self._port = port
        self._fates = fates
        self._nodes = {node.name: node for node in nodes}
        self._placed: dict[str, str] = {}
        self._unplaced: dict[str, JSON] = {}
        self._asked: dict[str, float] = {}
        """Since when a pod waits for room that is being made."""

    @property
    def nodes(self) -> list[Node]:
        """The nodes, in the order in which they were given."""
        return list(self._nodes.values())

    def observe(self, type_: str, pod: JSON) -> None:
        """A pod was ADDED, MODIFIED or DELETED."""
        uid = pod["metadata"]["uid"]
        finished = pod["status"].get("phase") in ("Succeeded", "Failed")
        if type_ == "DELETED" or finished:
            self._release(uid)
        elif node := pod["spec"].get("nodeName"):
            self._unplaced.pop(uid, None)
            self._reserve(uid, node, pod)
        elif uid in self._unplaced:
            self._unplaced[uid] = pod
        elif pod["spec"].get("schedulerName", SCHEDULER) == SCHEDULER:
            self._unplaced[uid] = pod
            self._kernel.after(self._kernel.jitter(LATENCY, 0.5), lambda: self._place(uid))

    def _release(self, uid: str) -> None:
        self._unplaced.pop(uid, None)
        self._asked.pop(uid, None)
        node = self._placed.pop(uid, None)
        if node is not None:
            self._nodes[node].give_back(uid)
            self._try_again()

    def _try_again(self) -> None:
        """There may be room now for pods that found none."""
        for waiting in list(self._unplaced):
            self._kernel.after(LATENCY, lambda waiting=waiting: self._place(waiting))  # type: ignore[misc]

    def observe_node(self, node: JSON) -> None:
        """A Node object was written: it may have been cordoned, or uncordoned."""
        known = self._nodes.get(node["metadata"]["name"])
        cordoned = bool((node.get("spec") or {}).get("unschedulable"))
        if known is not None and known.cordoned != cordoned:
            known.cordoned = cordoned
            self._try_again()

    def _reserve(self, uid: str, node: str, pod: JSON) -> None:
        if uid not in self._placed and node in self._nodes:
            self._placed[uid] = node
            self._nodes[node].take(uid, *_requests(pod))

    def _place(self, uid: str) -> None:
        pod = self._unplaced.get(uid)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return
        request = _requests(pod)
        lacking = {name: node.lacks(*request) for name, node in self._nodes.items()}
        if only := bound_to(pod):
            lacking = {name: lacks if name == only else NOT_CHOSEN for name, lacks in lacking.items()}
        fate = self._fates.of(pod)
        if fate.kind == "unschedulable" and fate.message:
            self._refuse(uid, pod, fate.message, self._no_preemption)
            return
        if fate.kind in ("scaleup", "preempts") and self._waits_for_room(uid, pod, fate):
            return
        if fate.kind == "unschedulable":
            lacking = dict.fromkeys(self._nodes, "Insufficient cpu")
        fitting = [node for name, node in self._nodes.items() if lacking[name] is None]
        if not fitting:
            self._refuse(uid, pod, _counted([why for why in lacking.values() if why]), self._no_preemption)
            return
        node = min(fitting, key=lambda node: len(node.used))
        del self._unplaced[uid]
        self._reserve(uid, node.name, pod)
        self._port.bind(pod, node.name)
        where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']} to {node.name}"
        self._port.event(pod, SCHEDULER, "Normal", "Scheduled", f"Successfully assigned {where}", field_path="")

    def _waits_for_room(self, uid: str, pod: JSON, fate: Fate) -> bool:
        """Whether a pod finds no room yet, while a node is being added or other pods make room for it."""
        now = self._kernel.now
        is_first = uid not in self._asked
        left = self._asked.setdefault(uid, now) + fate.run_seconds - now
        hopeless = fate.reason == _NO_SCALE_UP
        if left <= 0 and not hopeless:
            return False
        why = fate.message or f"{len(self._nodes)} Insufficient cpu"
        if fate.kind == "preempts":
            self._refuse(uid, pod, why, "" if is_first else _PREEMPTING)
            if is_first:
                current = self._unplaced[uid]
                self._port.set_status(current, current["status"] | {"nominatedNodeName": next(iter(self._nodes))})
        else:
            self._refuse(uid, pod, why, self._no_preemption)
        if fate.kind == "scaleup" and (is_first or hopeless):
            component, reason, message = _HOPES[fate.reason]
            self._port.event(pod, component, "Normal", reason, message, field_path="")
        if is_first and not hopeless:
            self._kernel.after(left, lambda: self._place(uid))
        return True

    @property
    def _no_preemption(self) -> str:
        total = len(self._nodes)
        return (
            f"no new claims to deallocate, preemption: 0/{total} nodes are available: "
            f"{total} No preemption victims found for incoming pod."
        )

    def _refuse(self, uid: str, pod: JSON, why: str, after: str = "") -> None:
        total = len(self._nodes)
        message = f"0/{total} nodes are available: {why}." if total else "no nodes available to schedule pods"
        if total and after:
            message += f" {after}"
        self._port.event(pod, SCHEDULER, "Warning", "FailedScheduling", message, field_path="")
        refused = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": self._kernel.stamp(),
            "reason": "Unschedulable",
            "message": message,
        }
        conditions = pod["status"].get("conditions") or []
        if not any(c.get("reason") == "Unschedulable" and c["message"] == message for c in conditions):
            self._port.set_status(pod, {"phase": "Pending", "conditions": [refused]} | _without_phase(pod["status"]))
        self._kernel.after(self._kernel.jitter(RETRY_SECONDS), lambda: self._place(uid))


def _without_phase(status: JSON) -> JSON:
    return {field: value for field, value in status.items() if field not in ("phase", "conditions")}


def _counted(reasons: list[str]) -> str:
    """`1 Insufficient memory, 2 Insufficient cpu`: how many nodes there are for each reason."""
    return ", ".join(f"{reasons.count(why)} {why}" for why in sorted(set(reasons)))


def _requests(pod: JSON) -> tuple[float, float]:
    requests = [(c.get("resources") or {}).get("requests") or {} for c in pod["spec"]["containers"]]
    return sum(cpu_of(r.get("cpu", "0")) for r in requests), sum(memory_of(r.get("memory", "0")) for r in requests)
