"""How many replicas each ReplicaSet of a Deployment may have: the arithmetic of surge, unavailability and proportion.

Pure functions on Deployments and ReplicaSets. The rules are those of the deployment controller of Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ktui.sim.controllers.common import resolve, revision_of

JSON = dict[str, Any]

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


def wanted(obj: JSON) -> int:
    """The replicas that the spec asks for."""
    return int(obj["spec"].get("replicas", 1))


def is_rolling(deployment: JSON) -> bool:
    """Whether the strategy is RollingUpdate."""
    return bool(deployment["spec"]["strategy"]["type"] == "RollingUpdate")


def fenceposts(deployment: JSON) -> tuple[int, int]:
    """Surge and unavailability in pods; not both are 0."""
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    surge = resolve(rolling.get("maxSurge"), wanted(deployment), up=True)
    unavailable = resolve(rolling.get("maxUnavailable"), wanted(deployment), up=False)
    return (0, 1) if surge == 0 and unavailable == 0 else (surge, unavailable)


def max_surge(deployment: JSON) -> int:
    """How many pods there may be above what is wanted."""
    return fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: JSON) -> int:
    """How many of the wanted pods may be missing."""
    if not is_rolling(deployment) or wanted(deployment) == 0:
        return 0
    return min(fenceposts(deployment)[1], wanted(deployment))


def total_wanted(replica_sets: Iterable[JSON | None]) -> int:
    """The replicas that these ReplicaSets ask for."""
    return sum(wanted(rs) for rs in replica_sets if rs is not None)


def total_status(replica_sets: Iterable[JSON | None], field: str) -> int:
    """The sum of a field of the statuses."""
    return sum(rs["status"].get(field, 0) for rs in replica_sets if rs is not None)


def active(replica_sets: Iterable[JSON | None]) -> list[JSON]:
    """Those that ask for replicas."""
    return [rs for rs in replica_sets if rs is not None and wanted(rs) > 0]


def by_age(replica_sets: Iterable[JSON]) -> list[JSON]:
    """Oldest first."""
    return sorted(replica_sets, key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]))


def by_revision(replica_sets: Iterable[JSON]) -> list[JSON]:
    """Lowest revision first."""
    return sorted(by_age(replica_sets), key=revision_of)


def new_replicas(deployment: JSON, everything: list[JSON | None], new: JSON) -> int:
    """How many replicas the new ReplicaSet may have now."""
    goal, has = wanted(deployment), wanted(new)
    if not is_rolling(deployment):
        return goal
    total = total_wanted(everything)
    most = goal + max_surge(deployment)
    if total >= most:
        return has
    return has + min(most - total, goal - has)


def annotated(replica_set: JSON, key: str) -> int | None:
    """A number that the deployment controller noted on a ReplicaSet."""
    text = (replica_set["metadata"].get("annotations") or {}).get(key)
    return int(text) if text is not None and text.lstrip("-").isdigit() else None


def is_saturated(deployment: JSON, new: JSON | None) -> bool:
    """Whether the new ReplicaSet has all that the Deployment wants, and they are available."""
    if new is None:
        return False
    goal = wanted(deployment)
    available = new["status"].get("availableReplicas", 0)
    return wanted(new) == goal and annotated(new, DESIRED) == goal and available == goal


def proportional(deployment: JSON, replica_sets: list[JSON]) -> dict[str, int]:
    """The size by name of each active ReplicaSet when the Deployment is scaled in mid-rollout."""
    goal = wanted(deployment)
    allowed = goal + max_surge(deployment) if goal > 0 else 0
    to_add = allowed - total_wanted(replica_sets)
    aged = by_age(replica_sets)
    if to_add > 0:
        aged.reverse()
    aged.sort(key=lambda rs: -wanted(rs))
    ordered = aged
    size_of = {rs["metadata"]["name"]: wanted(rs) for rs in ordered}
    if not to_add or not ordered:
        return size_of
    added = 0
    for rs in ordered:
        share = _share(deployment, rs, to_add, added)
        size_of[rs["metadata"]["name"]] += share
        added += share
    largest = ordered[0]["metadata"]["name"]
    size_of[largest] = max(0, size_of[largest] + to_add - added)
    return size_of


def _share(deployment: JSON, rs: JSON, to_add: int, added: int) -> int:
    if wanted(rs) == 0 or to_add == added:
        return 0
    fraction, left = _fraction(deployment, rs), to_add - added
    return min(fraction, left) if to_add > 0 else max(fraction, left)


def _fraction(deployment: JSON, rs: JSON) -> int:
    if wanted(deployment) == 0:
        return -wanted(rs)
    before = annotated(rs, MAXIMUM) or deployment["status"].get("replicas", 0)
    if not before:
        return 0
    size = wanted(rs) * (wanted(deployment) + max_surge(deployment)) / before
    return int(size + 0.5) - wanted(rs)
