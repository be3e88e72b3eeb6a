"""What the spec of a StatefulSet or a DaemonSet asks for: how many pods, and how they are replaced."""

from __future__ import annotations

from ktui.model.objects import Pod, RollingUpdate
from ktui.model.workloads import ON_DELETE, DaemonSet, StatefulSet
from ktui.rollout.bounds import Bounds, in_pods
from ktui.text import clean

Controlled = StatefulSet | DaemonSet
"""A workload whose pods its own controller makes, and whose revisions are ControllerRevisions."""


def desired(workload: Controlled) -> int:
    """How many pods there are to be: the spec says so of a StatefulSet, the nodes of a DaemonSet."""
    if isinstance(workload, StatefulSet):
        return workload.spec.desired
    return workload.status.desired_number_scheduled


def target(workload: Controlled) -> int:
    """How many pods the rollout is to reach: a StatefulSet's partition leaves some of them as they are."""
    return workload.target if isinstance(workload, StatefulSet) else desired(workload)


def waits_for_deletion(workload: Controlled) -> bool:
    """Whether a pod changes only when someone deletes it."""
    return workload.spec.update_strategy.type == ON_DELETE


def bounds(workload: Controlled) -> Bounds:
    """Surge and unavailability in pods; without surge, one pod may always be missing.

    A DaemonSet rounds both up (`SurgeCount`, `UnavailableCount` of its controller). A StatefulSet has no surge, and
    rounds down (`getStatefulSetMaxUnavailable`), whatever the API's reference says.
    """
    rolling, pods = workload.spec.update_strategy.rolling_update, desired(workload)
    missing = 1 if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable
    extra = (rolling.max_surge or 0) if isinstance(rolling, RollingUpdate) else 0
    surge = in_pods(extra, pods, round_up=True)
    unavailable = in_pods(missing, pods, round_up=isinstance(workload, DaemonSet))
    return Bounds(
        surge, min(pods, unavailable if surge else max(1, unavailable)), clean(str(extra)), clean(str(missing))
    )


def place(statefulset: StatefulSet, pod: Pod) -> int:
    """Which pod of the set it is, counted from the one at `ordinals.start`; negative for a name that is none of it."""
    _, _, number = pod.metadata.name.rpartition("-")
    is_ordinal = number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) - statefulset.spec.ordinals.start if is_ordinal else -1
