"""What a look at a Rollout stands on: its revisions and their sizes, and what the look decides about pauses and aborts.

The rules are those of the real controller (rollout/context.go, replicaset.go, restart.go, pause.go).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.replicasets import Revisions
from ktui.sim.controllers.argo.rollout import (
    SCALE_DOWN_DEADLINE,
    Rollout,
    available,
    desired_noted,
    hash_of,
    revision_of,
)
from ktui.sim.controllers.argo.status import steps_hash
from ktui.sim.controllers.common import OwnedIndex
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.sizes import wanted
from ktui.sim.events import EventRecorder
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
RESTART_AGAIN_SECONDS = 30.0


@dataclass(frozen=True)
class World:
    """What a turn works with."""

    api: ApiServer
    rollouts: Resource
    events: EventRecorder
    queue: WorkQueue
    pods: OwnedIndex
    evict: Callable[[JSON], bool]
    """Evict a pod; whether that was allowed."""


class Base:
    """What a turn knows and may do: the revisions and their sizes, the pauses and the abort that it decides on."""

    def __init__(self, world: World, rollout: Rollout, revisions: Revisions) -> None:
        self.world = world
        self.rollout = rollout
        self.revisions = revisions
        self.is_over = False
        """The Rollout was written: the next turn sees what has become of it."""
        self.draft: JSON = {"blueGreen": {}, "canary": {}}
        for name in ("restartedAt", "duration"):
            if (value := rollout.status.get(name)) is not None:
                self.draft[name] = value
        if weights := (rollout.status.get("canary") or {}).get("weights"):
            self.draft["canary"]["weights"] = weights
        self.was_within_delay = self.seconds_left(revisions.newest) is not None
        self.lifted: set[str] = set()
        self.added: list[str] = []
        self.clears_pauses = False
        self.abort_message: str | None = None
        self._removes_abort = rollout.is_promoted and rollout.is_aborted

    @property
    def now(self) -> float:
        """The virtual time."""
        return self.world.api.kernel.now

    @property
    def stamp(self) -> str:
        """The virtual time, as objects have it."""
        return self.world.api.kernel.stamp()

    def tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        """An event about the Rollout."""
        self.world.events.event(self.rollout.obj, "Warning" if warning else "Normal", reason, message)

    def look_again_in(self, seconds: float) -> None:
        """Take another turn then."""
        metadata = self.rollout.metadata
        self.world.queue.add_after((metadata["namespace"], metadata["name"]), max(seconds, 0.0))

    # -- revisions ---------------------------------------------------------------------------------------------

    @property
    def has_changed(self) -> bool:
        """Whether the pod template, or the steps, are others than those of the update that the status is about."""
        rollout = self.rollout
        current = str(rollout.status.get("currentPodHash", ""))
        changed = bool(current) and current != hash_of(self.revisions.new)
        if rollout.canary is None:
            return changed
        return changed or str(rollout.status.get("currentStepHash", "")) != steps_hash(rollout)

    @property
    def goes_back(self) -> bool:
        """Whether the new revision is the stable one, or older than it; true as well of one that is done."""
        new, stable = self.revisions.new, self.revisions.stable
        if stable is None:
            return False
        older = new["metadata"]["creationTimestamp"] < stable["metadata"]["creationTimestamp"]
        return self.rollout.stable_hash == hash_of(new) or older

    @property
    def is_within_window(self) -> bool:
        """Whether the new revision is older than the stable one by no more than `rollbackWindow` lets be skipped."""
        window = (self.rollout.spec.get("rollbackWindow") or {}).get("revisions", 0)
        stable = self.revisions.stable
        if not window or stable is None:
            return False
        first, last = (rs["metadata"]["creationTimestamp"] for rs in (self.revisions.new, stable))
        between = [rs for rs in self.revisions.all if first < rs["metadata"]["creationTimestamp"] < last]
        return bool(first < last and len(between) < window)

    @property
    def is_fast_rollback(self) -> bool:
        """Whether pauses and analyses are skipped."""
        if not self.goes_back:
            return False
        within_delay = self.was_within_delay and self.rollout.blue_green is not None
        return within_delay or self.is_within_window or self.rollout.stable_hash == hash_of(self.revisions.new)

    # -- sizes -------------------------------------------------------------------------------------------------

    @property
    def is_scaling(self) -> bool:
        """Whether the Rollout has another size than its ReplicaSets know of."""
        looked_at = [rs for rs in (self.revisions.new, self.revisions.stable) if rs is not None and wanted(rs) > 0]
        return any(desired_noted(rs) not in (None, self.rollout.replicas) for rs in looked_at)

    def resize(self, rs: JSON, size: int) -> bool:
        """Give a ReplicaSet so many pods; whether it had another number."""
        before = wanted(rs)
        keeps_deadline = size > 0 or self.delays_abort
        changed = self.revisions.resize(rs, size, self.rollout.replicas, keeps_deadline=keeps_deadline)
        if changed is None or before == size:
            return False
        way = "up" if size > before else "down"
        revision = revision_of(changed)
        name = rs["metadata"]["name"]
        self.tell("ScalingReplicaSet", f"Scaled {way} ReplicaSet {name} (revision {revision}) from {before} to {size}")
        return True

    def seconds_left(self, rs: JSON | None) -> float | None:
        """How long a ReplicaSet may stay after a switch, None where that has passed or is not set."""
        text = (rs["metadata"].get("annotations") or {}).get(SCALE_DOWN_DEADLINE) if rs is not None else None
        left = seconds_of(text) - self.now if text else 0.0
        return left if left > 0 else None

    def lift_deadlines(self) -> None:
        """What is new or stable again stays."""
        for rs in (self.revisions.new, self.revisions.stable):
            if rs is not None and not (rs is self.revisions.new and self.delays_abort):
                self.revisions.set_deadline(rs, None)

    def size_after_switch(self, rs: JSON, kept: int, size: int) -> tuple[int, int]:
        """The size of an old ReplicaSet that may stay a while: how many such there are now, and its size."""
        limit = (self.rollout.blue_green or self.rollout.canary or {}).get("scaleDownDelayRevisionLimit")
        limit = len(self.revisions.all) if limit is None else int(limit)
        if not (rs["metadata"].get("annotations") or {}).get(SCALE_DOWN_DEADLINE):
            if kept >= limit or not wanted(rs):
                return kept, 0
            self.delay_scale_down(rs, self.rollout.scale_down_seconds)
            return kept + 1, wanted(rs)
        left = self.seconds_left(rs)
        if kept + 1 > limit or left is None:
            return kept + 1, 0
        self.look_again_in(left)
        return kept + 1, size

    def delay_scale_down(self, rs: JSON, seconds: int) -> None:
        """Let a ReplicaSet stay for so long."""
        self.revisions.set_deadline(rs, self.now + seconds if seconds else None)
        if seconds:
            self.look_again_in(seconds)

    @property
    def delays_abort(self) -> bool:
        """Whether the new revision stays for a while after an abort."""
        rollout = self.rollout
        if not self.is_aborted or self.revisions.stable is None or rollout.abort_scale_down_seconds is None:
            return False
        if rollout.canary is not None and rollout.routing is None:
            return False
        dynamic = (rollout.canary or {}).get("dynamicStableScale")
        return not dynamic or rollout.delays_abort

    def resize_new(self, size: int) -> bool:
        """Give the new revision its size, after an abort once its time is up; whether it was changed."""
        new, stable, seconds = self.revisions.new, self.revisions.stable, self.rollout.abort_scale_down_seconds
        if self.delays_abort and seconds is not None:
            if (new["metadata"].get("annotations") or {}).get(SCALE_DOWN_DEADLINE):
                left = self.seconds_left(new)
                if left is not None:
                    self.look_again_in(left)
                    self.resize(new, wanted(new))
                    return False
                size = 0
            else:
                self.resize(new, wanted(new))
                if available(stable) >= self.rollout.replicas:
                    self.delay_scale_down(self.revisions.new, seconds)
                return False
        return self.resize(self.revisions.new, size)

    def restart_pods(self) -> int:
        """Evict what is older than `restartAt`, as many at once as may be missing: how many that are."""
        rollout, at = self.rollout, self.rollout.spec.get("restartAt")
        if at is None or self.draft.get("restartedAt") == at:
            return 0
        if seconds_of(at) >= self.now:
            self.look_again_in(seconds_of(at) - self.now + 0.01)
            return 0
        ordered = sorted(
            self.revisions.all, key=lambda rs: (rs is not self.revisions.stable, rs is not self.revisions.new)
        )
        pods = [pod for rs in ordered for pod in self.world.pods.of(rs["metadata"]["uid"])]
        there = sum(available(rs) for rs in self.revisions.all)
        most = max(rollout.replicas, sum(map(wanted, self.revisions.all)))
        room = there - most + max(rollout.max_unavailable, 1)
        old = [pod for pod in pods if pod["metadata"]["creationTimestamp"] < at]
        restarted = 0
        for pod in old:
            if restarted < room and "deletionTimestamp" not in pod["metadata"] and self.world.evict(pod):
                restarted += 1
        if len(old) > restarted:
            self.look_again_in(RESTART_AGAIN_SECONDS)
        else:
            self.draft["restartedAt"] = at
        return restarted

    # -- pauses and aborts -------------------------------------------------------------------------------------

    def lift(self, reason: str) -> None:
        """End a pause with this turn."""
        self.lifted.add(reason)

    def pause(self, reason: str) -> None:
        """Pause with this turn."""
        self.added.append(reason)

    def clear(self) -> None:
        """End every pause and abort with this turn."""
        self.clears_pauses = self._removes_abort = True

    def abort(self, message: str) -> None:
        """Abort with this turn."""
        self.abort_message = message

    @property
    def pauses_now(self) -> bool:
        """Whether this turn adds a pause."""
        return bool(self.added)

    @property
    def is_aborted(self) -> bool:
        """Whether the update is aborted."""
        return not self._removes_abort and (self.abort_message is not None or self.rollout.is_aborted)

    @property
    def is_held(self) -> bool:
        """Whether sizes and Services stay as they are: a person's pause, or an analysis without a clear result."""
        return self.rollout.is_user_paused or self.rollout.pause("InconclusiveAnalysisRun") is not None
