"""A Deployment that a Rollout holds: paused for its own controller, while as many of its pods are new as a step says.

The rules are those of the advanced deployment controller of openkruise/rollouts.
"""

from __future__ import annotations

import json
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers import sizes
from ktui.sim.controllers.common import DEPLOYMENTS, REPLICA_SETS, OwnedIndex, resolve, revision_of, same_template
from ktui.sim.controllers.drafts import draft_replica_set
from ktui.sim.controllers.sizes import wanted
from ktui.sim.events import EventRecorder

JSON = dict[str, Any]
MANAGER = "kruise-rollout"
IN_PROGRESS = "rollouts.kruise.io/in-progressing"
STRATEGY, EXTRA = "rollouts.kruise.io/deployment-strategy", "rollouts.kruise.io/deployment-extra-status"


class HeldDeployment:
    """One Deployment as it is now."""

    def __init__(self, api: ApiServer, events: EventRecorder, replica_sets: OwnedIndex, obj: JSON) -> None:
        self._api, self._events, self.obj = api, events, obj
        self._replica_sets = replica_sets.of(obj["metadata"]["uid"])

    @property
    def replicas(self) -> int:
        """How many pods it is to have."""
        return wanted(self.obj)

    @property
    def is_held(self) -> bool:
        """Whether a Rollout holds it."""
        return IN_PROGRESS in self._annotations

    @property
    def _annotations(self) -> JSON:
        return dict(self.obj["metadata"].get("annotations") or {})

    def _write(self, annotations: JSON, spec: JSON) -> None:
        metadata = self.obj["metadata"] | {"annotations": annotations}
        kept = {field: value for field, value in (self.obj["spec"] | spec).items() if value is not None}
        changed = self.obj | {"metadata": metadata, "spec": kept}
        self.obj = self._api.set_spec(DEPLOYMENTS, self.obj, changed, manager=MANAGER)

    def hold(self, rollout: str) -> None:
        """Keep it from rolling out by itself, as the webhook does when the template changes."""
        noted = json.dumps({"rolloutName": rollout}, separators=(",", ":"))
        self._write(self._annotations | {IN_PROGRESS: noted}, {"paused": True})

    def let_go(self) -> None:
        """It is in no rollout any more."""
        self._write({key: value for key, value in self._annotations.items() if key != IN_PROGRESS}, {})

    def release(self) -> None:
        """Give it back its strategy: its own controller goes on."""
        annotations = self._annotations
        noted = json.loads(annotations.pop(STRATEGY, "{}"))
        for key in (IN_PROGRESS, EXTRA):
            annotations.pop(key, None)
        spec: JSON = {"paused": None}
        if noted:
            spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": noted["rollingUpdate"]}
        self._write(annotations, spec)

    def counts(self) -> tuple[int, int]:
        """How many new pods there are to be, and how many are ready."""
        new = self._new()
        return (wanted(new), new["status"].get("readyReplicas", 0)) if new is not None else (0, 0)

    def _new(self) -> JSON | None:
        template = self.obj["spec"]["template"]
        return next((rs for rs in self._replica_sets if same_template(rs["spec"]["template"], template)), None)

    def roll(self, goal: int, asked: int | str) -> None:
        """Go towards so many new pods; `asked` is how the step says it."""
        annotations = self._annotations
        noted_before = json.loads(annotations.get(STRATEGY, "{}"))
        rolling = noted_before.get("rollingUpdate") or self.obj["spec"]["strategy"].get("rollingUpdate") or {}
        new = self._new()
        updated = {"updatedReadyReplicas": self.counts()[1], "expectedUpdatedReplicas": goal}
        extra = {key: number for key, number in updated.items() if number}
        strategy = {"rollingStyle": "Partition", "rollingUpdate": rolling, "partition": asked}
        noted = {
            STRATEGY: json.dumps(strategy, separators=(",", ":")), EXTRA: json.dumps(extra, separators=(",", ":")),
        }  # fmt: skip
        if annotations | noted != annotations or not self.obj["spec"].get("paused"):
            self._write(annotations | noted, {"paused": True, "strategy": {"type": "Recreate"}})
        if new is None:
            self._make()
            return
        surge = resolve(rolling.get("maxSurge"), self.replicas, up=True)
        unavailable = resolve(rolling.get("maxUnavailable"), self.replicas, up=False)
        self._size(new, goal, surge=surge, unavailable=max(unavailable, 1 - surge))

    def _make(self) -> None:
        number = max((revision_of(rs) for rs in self._replica_sets), default=0) + 1
        draft = draft_replica_set(self.obj, self._replica_sets, number)
        draft["spec"]["replicas"] = 0
        namespace = self.obj["metadata"]["namespace"]
        self._api.create(REPLICA_SETS, namespace, draft, manager=MANAGER, trusted=True)

    def _size(self, new: JSON, goal: int, *, surge: int, unavailable: int) -> None:
        old = sizes.by_age(rs for rs in self._replica_sets if rs is not new)
        total, stays = wanted(new) + sizes.total_wanted(old), self.replicas - goal
        if wanted(new) != goal:
            room = max(0, self.replicas + surge - total)
            self._resize(new, min(goal, wanted(new) + room) if wanted(new) < goal else goal)
        surplus = sizes.total_wanted(old) - stays
        if surplus < 0 and old:
            self._resize(old[-1], wanted(old[-1]) - surplus)
        # A ReplicaSet that has not acted yet still counts pods that it is to lose.
        available = sum(min(wanted(rs), rs["status"].get("availableReplicas", 0)) for rs in (*old, new))
        spare = available - (self.replicas - unavailable)
        for rs in sizes.active(old):
            dead = max(0, wanted(rs) - rs["status"].get("availableReplicas", 0))
            gone = max(0, min(surplus, dead + max(0, spare), wanted(rs)))
            surplus, spare = surplus - gone, spare - max(0, gone - dead)
            if gone:
                self._resize(rs, wanted(rs) - gone)

    def _resize(self, rs: JSON, size: int) -> None:
        before, name = wanted(rs), rs["metadata"]["name"]
        notes = {sizes.DESIRED: str(self.replicas), sizes.MAXIMUM: str(self.replicas)}
        metadata = rs["metadata"] | {"annotations": (rs["metadata"].get("annotations") or {}) | notes}
        changed = rs | {"metadata": metadata, "spec": rs["spec"] | {"replicas": size}}
        self._api.set_spec(REPLICA_SETS, rs, changed, manager=MANAGER)
        if size != before:
            how = "up" if size > before else "down"
            words = f"Scaled {how} replica set {name} to {size} from {before}"
            self._events.event(self.obj, "Normal", "ScalingReplicaSet", words)
