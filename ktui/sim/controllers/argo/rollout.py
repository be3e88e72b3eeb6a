"""A Rollout as its controller reads it: with its defaults, and the pod template of its workload where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktui.sim.controllers.common import find_condition, resolve, template_hash
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]

HASH_LABEL = "rollouts-pod-template-hash"
PREFIX = "rollout.argoproj.io/"
REVISION = PREFIX + "revision"
REVISION_HISTORY = PREFIX + "revision-history"
DESIRED = PREFIX + "desired-replicas"
WORKLOAD_GENERATION = PREFIX + "workload-generation"
MANAGED_BY = "argo-rollouts.argoproj.io/managed-by-rollouts"
SCALE_DOWN_DEADLINE = "scale-down-deadline"

DEADLINE_SECONDS = 600
SCALE_DOWN_SECONDS = 30


@dataclass(frozen=True)
class Rollout:
    """One version of a Rollout. `template` is its pod template, resolved."""

    obj: JSON
    template: JSON
    selector: JSON

    @property
    def metadata(self) -> JSON:
        """The object's metadata."""
        return self.obj["metadata"]  # type: ignore[no-any-return]

    @property
    def spec(self) -> JSON:
        """The spec, as it is stored."""
        return self.obj["spec"]  # type: ignore[no-any-return]

    @property
    def status(self) -> JSON:
        """The status, as it is stored."""
        return self.obj.get("status") or {}

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.metadata["name"])

    @property
    def generation(self) -> int:
        """The generation of the spec."""
        return int(self.metadata.get("generation", 0))

    @property
    def digest(self) -> str:
        """A short name for the pod template; another one than a Deployment with this template would have."""
        return template_hash({"rollout": self.template}, self.status.get("collisionCount"))

    @property
    def workload_generation(self) -> str:
        """The generation of the workload whose template this uses, as it was noted on the Rollout."""
        return str((self.metadata.get("annotations") or {}).get(WORKLOAD_GENERATION, ""))

    @property
    def replicas(self) -> int:
        """How many pods the spec asks for."""
        return int(self.spec.get("replicas", 1))

    @property
    def revision(self) -> int:
        """The number of the latest revision, 0 where there is none."""
        return revision_of(self.obj)

    @property
    def canary(self) -> JSON | None:
        """The canary strategy."""
        found: JSON | None = (self.spec.get("strategy") or {}).get("canary")
        return found

    @property
    def blue_green(self) -> JSON | None:
        """The blue-green strategy."""
        found: JSON | None = (self.spec.get("strategy") or {}).get("blueGreen")
        return found

    @property
    def steps(self) -> list[JSON]:
        """The canary steps."""
        return (self.canary or {}).get("steps") or []

    @property
    def step_index(self) -> int:
        """The index of the current step; the number of the steps once all are done."""
        return int(self.status.get("currentStepIndex") or 0)

    @property
    def step(self) -> JSON | None:
        """The current step, None where none is left."""
        return self.steps[self.step_index] if self.step_index < len(self.steps) else None

    @property
    def routing(self) -> JSON | None:
        """The traffic router of a canary."""
        found: JSON | None = (self.canary or {}).get("trafficRouting")
        return found

    @property
    def most_weight(self) -> int:
        """The weight that stands for all traffic."""
        return int((self.routing or {}).get("maxTrafficWeight") or 100)

    @property
    def stable_hash(self) -> str:
        """The pod template hash of the stable revision, empty before there is one."""
        return str(self.status.get("stableRS", ""))

    @property
    def is_promoted(self) -> bool:
        """Whether the stable revision is the current one."""
        return self.stable_hash == str(self.status.get("currentPodHash", ""))

    @property
    def is_aborted(self) -> bool:
        """Whether the status asks for an abort, or has one."""
        return bool(self.status.get("abort"))

    @property
    def is_user_paused(self) -> bool:
        """Whether the spec says that it is paused."""
        return bool(self.spec.get("paused"))

    @property
    def promotes_fully(self) -> bool:
        """Whether a full promotion is asked for."""
        return bool(self.status.get("promoteFull"))

    @property
    def pauses(self) -> list[JSON]:
        """The pauses of the controller."""
        return self.status.get("pauseConditions") or []

    def pause(self, reason: str) -> JSON | None:
        """The pause with this reason."""
        return next((each for each in self.pauses if each["reason"] == reason), None)

    def condition(self, type_: str) -> JSON | None:
        """The condition of this type."""
        return find_condition(self.status.get("conditions") or (), type_)

    @property
    def deadline_seconds(self) -> int:
        """How long an update may make no progress."""
        found = self.spec.get("progressDeadlineSeconds")
        return DEADLINE_SECONDS if found is None else int(found)

    @property
    def max_surge(self) -> int:
        """How many pods there may be above what is wanted; a blue-green update has no such limit."""
        return self._fenceposts()[0] if self.canary is not None else 0

    @property
    def max_unavailable(self) -> int:
        """How many of the wanted pods may be missing."""
        if self.replicas == 0:
            return 0
        return min(self._fenceposts()[1], self.replicas)

    def _fenceposts(self) -> tuple[int, int]:
        strategy = self.canary or self.blue_green or {}
        surge = resolve(strategy.get("maxSurge", "25%"), self.replicas, up=True)
        unavailable = resolve(strategy.get("maxUnavailable", "25%"), self.replicas, up=False)
        if self.canary is not None and surge == 0 and unavailable == 0:
            return 0, 1
        return surge, unavailable

    @property
    def scale_down_seconds(self) -> int:
        """How long an old revision stays after the switch; 0 for a canary by replicas alone."""
        if self.blue_green is None and self.routing is None:
            return 0
        found = (self.blue_green or self.canary or {}).get("scaleDownDelaySeconds")
        return SCALE_DOWN_SECONDS if found is None else int(found)

    @property
    def abort_scale_down_seconds(self) -> int | None:
        """How long the new revision stays after an abort; None: it stays. 0 for a canary by replicas alone."""
        if self.blue_green is None and self.routing is None:
            return 0
        found = (self.blue_green or self.canary or {}).get("abortScaleDownDelaySeconds")
        return None if found == 0 else SCALE_DOWN_SECONDS if found is None else int(found)

    @property
    def delays_abort(self) -> bool:
        """Whether the delay of an abort is set in the spec."""
        return (self.blue_green or self.canary or {}).get("abortScaleDownDelaySeconds") is not None


def pause_seconds(pause: JSON) -> float | None:
    """How long a pause step lasts, None where a person ends it. A number, or `90s`, `5m`, `1h`."""
    found = pause.get("duration")
    return None if found is None else duration_seconds(found)


def duration_seconds(text: str | int) -> float:
    """The seconds of a duration as Go writes it; a bare number is seconds already. 0 where it is none."""
    if isinstance(text, int) or text.isdigit():
        return float(text)
    total, number = 0.0, ""
    for mark in text.replace("ms", "u"):
        if mark.isdigit() or mark == ".":
            number += mark
        else:
            total += float(number or 0) * {"h": 3600.0, "m": 60.0, "s": 1.0, "u": 0.001}.get(mark, 0.0)
            number = ""
    return total


def step_words(step: JSON) -> str:
    """A step as events name it."""
    scale = step.get("setCanaryScale") or {}
    match step:
        case {"setWeight": weight}:
            return f"setWeight: {weight}"
        case {"pause": {"duration": duration}}:
            return f"pause: {duration}"
        case {"pause": _}:
            return "pause"
        case {"experiment": _}:
            return "experiment"
        case {"analysis": _}:
            return "analysis"
    if "weight" in scale:
        return f"setCanaryScale{{weight: {scale['weight']}}}"
    if scale.get("matchTrafficWeight"):
        return "setCanaryScale{matchTrafficWeight: true}"
    return f"setCanaryScale{{replicas: {scale['replicas']}}}" if "replicas" in scale else "invalid"


def revision_of(obj: JSON) -> int:
    """The revision of a Rollout or of one of its ReplicaSets; 0 where there is none."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "")
    return int(text) if text.isdigit() else 0


def hash_of(rs: JSON | None) -> str:
    """The pod template hash of a ReplicaSet."""
    return "" if rs is None else str((rs["metadata"].get("labels") or {}).get(HASH_LABEL, ""))


def available(rs: JSON | None) -> int:
    """How many pods of a ReplicaSet are available."""
    return 0 if rs is None else int((rs.get("status") or {}).get("availableReplicas", 0))


def total(replica_sets: list[JSON], field: str) -> int:
    """The sum of a count of their statuses."""
    return sum((rs.get("status") or {}).get(field, 0) for rs in replica_sets)


def desired_noted(rs: JSON) -> int | None:
    """The size of the Rollout that is noted on a ReplicaSet."""
    text = (rs["metadata"].get("annotations") or {}).get(DESIRED)
    return int(text) if text is not None and text.isdigit() else None


def is_saturated(rollout: Rollout, rs: JSON | None) -> bool:
    """Whether a ReplicaSet has all the pods that the Rollout asks for, and they are available."""
    goal = rollout.replicas
    return rs is not None and wanted(rs) == goal == desired_noted(rs) and available(rs) == goal
