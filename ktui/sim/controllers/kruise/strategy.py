"""How many pods of a CloneSet may be made, stopped and updated (sync/cloneset_sync_utils.go of openkruise/kruise)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from ktui.sim.controllers.common import is_ready, resolve

JSON = dict[str, Any]
STATE = "lifecycle.apps.kruise.io/state"
SPECIFIED_DELETE = "apps.kruise.io/specified-delete"
REVISION = "controller-revision-hash"
IN_PLACE_ONLY, IN_PLACE = "InPlaceOnly", "InPlaceIfPossible"


@dataclass(frozen=True, slots=True)
class Strategy:
    """The update strategy of a CloneSet, in pods."""

    replicas: int
    partition: int
    surge: int
    unavailable: int
    is_paused: bool
    is_on_delete: bool
    policy: str

    @property
    def goal(self) -> int:
        """How many pods are to be of the new revision."""
        return self.replicas - self.partition


def strategy_of(spec: JSON) -> Strategy:
    """The strategy that a spec (v1beta1) asks for."""
    replicas = int(spec.get("replicas", 1))
    strategy = spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    surge = resolve(rolling.get("maxSurge"), replicas, up=True)
    is_paused = bool(rolling.get("paused"))
    return Strategy(
        replicas=replicas,
        partition=_kept(rolling.get("partition"), replicas),
        surge=0 if is_paused else surge,
        unavailable=resolve(rolling.get("maxUnavailable", "20%"), replicas, up=surge == 0),
        is_paused=is_paused,
        is_on_delete=strategy.get("type") == "OnDelete",
        policy=str(rolling.get("podUpdatePolicy", "ReCreate")),
    )


def _kept(partition: int | str | None, replicas: int) -> int:
    """How many pods stay old: a share is rounded up, and only 100% is all of several pods."""
    kept = resolve(partition, replicas, up=True)
    if isinstance(partition, str) and partition != "100%" and replicas > 1:
        kept = min(kept, replicas - 1)
    return min(kept, replicas)


def revision_of(pod: JSON) -> str:
    """The name of the revision that a pod is of."""
    return str((pod["metadata"].get("labels") or {}).get(REVISION, ""))


def is_up(pod: JSON) -> bool:
    """Whether a pod is ready, and not about to be changed in place."""
    return is_ready(pod) and (pod["metadata"].get("labels") or {}).get(STATE) != "Updating"


def is_specified(pod: JSON, spec: JSON) -> bool:
    """Whether someone, or an update, has asked for this pod to be deleted."""
    named = (spec.get("scaleStrategy") or {}).get("podsToDelete") or ()
    return SPECIFIED_DELETE in (pod["metadata"].get("labels") or {}) or pod["metadata"]["name"] in named


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of a CloneSet: those that are to go, and of the others the old ones and the new ones."""

    every: list[JSON]
    going: list[JSON]
    old: list[JSON]
    new: list[JSON]

    @classmethod
    def of(cls, pods: list[JSON], spec: JSON, revision: str) -> Pods:
        """The pods, sorted out."""
        going = [pod for pod in pods if is_specified(pod, spec)]
        stay = [pod for pod in pods if not is_specified(pod, spec)]
        old = [pod for pod in stay if revision_of(pod) != revision]
        return cls(pods, going, old, [pod for pod in stay if revision_of(pod) == revision])

    @property
    def ready(self) -> int:
        """How many of them are ready."""
        return sum(map(is_up, self.every))


def surge_in_use(pods: Pods, strategy: Strategy) -> int:
    """How many pods more than asked for there are to be now."""
    if pods.going and not strategy.is_on_delete:
        return min(strategy.surge, len(pods.going))
    missing, extra = strategy.goal - len(pods.new), len(pods.old) - strategy.partition
    return max(0, min(strategy.surge, missing, extra))


def to_delete(pods: Pods, strategy: Strategy) -> list[JSON]:
    """Which pods stop now: those that are to go, or else what is more than asked for, and never too many ready ones."""
    spare = max(0, pods.ready - (strategy.replicas - strategy.unavailable))
    if pods.going:
        return _within(pods.going, spare if len(pods.every) <= strategy.replicas + strategy.surge else len(pods.going))
    extra = len(pods.every) - strategy.replicas - surge_in_use(pods, strategy)
    if extra <= 0:
        return []
    olds = min(extra, max(0, len(pods.old) - strategy.partition))
    condemned = sorted(pods.old, key=is_up)[:olds] + sorted(pods.new, key=is_up)[: extra - olds]
    return _within(condemned, spare)


def _within(pods: list[JSON], spare: int) -> list[JSON]:
    """Those that may stop: all that are not ready, and as many ready ones as can be spared."""
    ready = [pod for pod in pods if is_up(pod)]
    return [pod for pod in pods if not is_up(pod)] + ready[:spare]


def to_update(pods: Pods, strategy: Strategy) -> list[JSON]:
    """Which old pods are updated now: first those that are not ready anyway."""
    if strategy.is_paused or strategy.is_on_delete:
        return []
    many = len(pods.old) - strategy.partition
    budget = strategy.unavailable + len(pods.every) - strategy.replicas
    missing = sum(not is_up(pod) or pod in pods.going for pod in pods.every)
    chosen: list[JSON] = []
    for pod in sorted(pods.old, key=is_up):
        if len(chosen) >= many:
            break
        if is_up(pod):
            if missing >= budget:
                break
            missing += 1
        chosen.append(pod)
    return chosen


def images_changed(old: JSON, new: JSON) -> dict[str, str] | None:
    """The new image of each container whose image changed; None where something else differs as well."""
    if _without_images(old) != _without_images(new):
        return None
    before = {each["name"]: each.get("image") for each in old["spec"]["containers"]}
    return {e["name"]: e["image"] for e in new["spec"]["containers"] if e.get("image") != before.get(e["name"])}


def _without_images(template: JSON) -> JSON:
    bare = copy.deepcopy(template)
    for container in bare["spec"]["containers"]:
        container.pop("image", None)
    return bare
