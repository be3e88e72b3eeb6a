"""What the spec of a StatefulSet or a DaemonSet asks for: how many pods, and how they are replaced."""

from __future__ import annotations

from ktui.model.objects import Pod
from ktui.model.workloads import ON_DELETE, DaemonSet, PodSet, StatefulSet
from ktui.rollout.bounds import Bounds, in_pods
from ktui.text import clean

Controlled = StatefulSet | DaemonSet
"""Those of Kubernetes itself."""


def desired(workload: PodSet) -> int:
    """How many pods there are to be: the spec says so of a StatefulSet, the nodes of a DaemonSet."""
    return workload.desired


def target(workload: PodSet) -> int:
    """How many pods the rollout is to reach: a partition leaves some of them as they are."""
    return workload.target


def waits_for_deletion(workload: PodSet) -> bool:
    """Whether a pod changes only when someone deletes it."""
    return workload.strategy == ON_DELETE


def bounds(workload: PodSet) -> Bounds:
    """Surge and unavailability in pods; without surge, one pod may always be missing.

    A DaemonSet rounds both up (`SurgeCount`, `UnavailableCount` of its controller). A StatefulSet has no surge, and
    rounds down (`getStatefulSetMaxUnavailable`), whatever the API's reference says.
    """
    pods, extra, missing = workload.desired, workload.max_surge, workload.max_unavailable
    surge = in_pods(extra, pods, round_up=True)
    unavailable = in_pods(missing, pods, round_up=workload.rounds_up)
    return Bounds(
        surge, min(pods, unavailable if surge else max(1, unavailable)), clean(str(extra)), clean(str(missing))
    )


def place(statefulset: StatefulSet, pod: Pod) -> int:
    """Which pod of the set it is, counted from the one at `ordinals.start`; negative for a name that is none of it."""
    _, _, number = pod.metadata.name.rpartition("-")
    is_ordinal = number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) - statefulset.spec.ordinals.start if is_ordinal else -1
