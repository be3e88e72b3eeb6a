"""One look at one Rollout, from its first step to the status at the end.

The order of the steps is that of the real controller (rollout/controller.go, sync.go), for it decides which states
others get to see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import format_selector
from ktui.sim.controllers.argo import status as statuses
from ktui.sim.controllers.argo.duration import duration
from ktui.sim.controllers.argo.experiments import Experiments
from ktui.sim.controllers.argo.replicasets import Revisions
from ktui.sim.controllers.argo.rollout import (
    SCALE_DOWN_DEADLINE,
    Rollout,
    hash_of,
    is_saturated,
    revision_of,
    step_words,
    total,
)
from ktui.sim.controllers.argo.runs import Runs
from ktui.sim.controllers.argo.turn import Base, World
from ktui.sim.controllers.common import find_condition
from ktui.sim.controllers.progress import new_condition, with_condition, without_condition
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
MANAGER = "rollouts-controller"


class Turn(Base):
    """What is the same for a canary and a blue-green update."""

    def __init__(
        self, world: World, rollout: Rollout, revisions: Revisions, runs: Runs, experiments: Experiments
    ) -> None:
        super().__init__(world, rollout, revisions)
        self.runs = runs
        self.experiments = experiments

    def take(self) -> None:
        """Do what there is to do. Raises ApiError where something is refused."""
        self._note_pauses()
        if self.is_over:
            return
        self.sync_revision()
        if self.is_scaling:
            self.sync_revision()
            self.scale_only()
            return
        self.roll()

    def roll(self) -> None:
        """Take the update a step further."""
        raise NotImplementedError

    def scale_only(self) -> None:
        """The Rollout was scaled: bring sizes into line, and leave the rest for later."""
        raise NotImplementedError

    # -- revisions ---------------------------------------------------------------------------------------------

    def create_revision(self) -> None:
        """Make the ReplicaSet of a template that is new; the next turn fills it."""
        try:
            created = self.revisions.create(self.rollout)
        except ApiError as error:
            words = f"Failed to create new replica set: {error.message}"
            self.tell("ReplicaSetCreateError", words, warning=True)
            self.note(self._condition("Progressing", "False", "ReplicaSetCreateError", words))
            raise
        name, revision = created["metadata"]["name"], revision_of(created)
        self.number(revision)
        self.tell("NewReplicaSetCreated", f"Created ReplicaSet {name} (revision {revision})")
        made = self._condition("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        self._add(made)

    def _add(self, condition: JSON) -> None:
        """Write a condition alone."""
        status = self.rollout.status
        conditions = with_condition(status.get("conditions") or [], condition)
        self.write({"blueGreen": {}, "canary": {}} | status | {"conditions": conditions})

    def sync_revision(self) -> None:
        """Number the new ReplicaSet, then the Rollout after it."""
        if self.revisions.renumber(self.rollout):
            return
        self.number(revision_of(self.revisions.new))
        if self.rollout.condition("Progressing") is None:
            words = f'Found new replica set "{self.revisions.new["metadata"]["name"]}"'
            self._add(self._condition("Progressing", "True", "FoundNewReplicaSet", words))

    def number(self, revision: int) -> None:
        """Note the revision on the Rollout."""
        changed = self.revisions.numbered(self.rollout, revision)
        if changed is not None:
            stored = self.world.api.set_spec(self.world.rollouts, self.rollout.obj, changed, manager=MANAGER)
            self.rollout = replace(self.rollout, obj=stored)
            self.is_over = True
            self.tell("RolloutUpdated", f"Rollout updated to revision {revision}")

    def _note_pauses(self) -> None:
        """Bring the conditions about pauses and retries into line, if the spec has been seen already."""
        rollout = self.rollout
        if rollout.status.get("observedGeneration") != str(rollout.generation):
            return
        progressing, paused = rollout.condition("Progressing"), rollout.condition("Paused")
        reason = progressing["reason"] if progressing else None
        is_paused = bool(rollout.pauses) or rollout.is_user_paused
        aborted = reason == "RolloutAborted"
        news: list[JSON] = []
        if is_paused != (reason == "RolloutPaused") and not aborted and not statuses.is_complete(rollout.status):
            word = "paused" if is_paused else "resumed"
            news.append(self._condition("Progressing", "Unknown", f"Rollout{word.capitalize()}", f"Rollout is {word}"))
        if aborted and not rollout.is_aborted:
            news.append(self._condition("Progressing", "Unknown", "RolloutRetry", "Retrying Rollout after abort"))
        if is_paused != (paused is not None and paused["status"] == "True") and not aborted:
            news.append(self._condition("Paused", str(is_paused), "RolloutPaused", "Rollout is paused"))
        if news:
            self.note(*news)

    def _condition(self, type_: str, status: str, reason: str, message: str) -> JSON:
        return new_condition(self.now, type_, status, reason, message)

    def note(self, *news: JSON) -> None:
        """Write conditions, and what of the status follows from them, before anything else is done."""
        rollout = self.rollout
        status = dict(rollout.status)
        conditions = status.get("conditions") or []
        for condition in news:
            if condition["type"] == "InvalidSpec":  # it says something else each time, under one reason
                conditions = without_condition(conditions, "InvalidSpec")
            conditions = with_condition(conditions, condition)
        status |= {"conditions": conditions, "observedGeneration": str(rollout.generation)}
        self._finish(status, changed=False)

    # -- the status --------------------------------------------------------------------------------------------

    def base_status(self) -> JSON:
        """The counts, and what this turn has found out so far."""
        rollout, everything = self.rollout, self.revisions.all
        new = self.revisions.new
        conditions = without_condition(rollout.status.get("conditions") or [], "InvalidSpec")
        return self.draft | {
            "currentPodHash": hash_of(new),
            "replicas": total(everything, "replicas"),
            "updatedReplicas": total([new], "replicas"),
            "readyReplicas": total(everything, "readyReplicas"),
            "availableReplicas": total(everything, "availableReplicas"),
            "HPAReplicas": total(everything, "replicas"),
            "selector": format_selector(rollout.selector),
            "collisionCount": rollout.status.get("collisionCount"),
            "stableRS": rollout.stable_hash,
            "conditions": conditions,
            "promoteFull": rollout.promotes_fully,
        }

    def reset(self, status: JSON) -> None:
        """Begin a new update."""
        self.clear()
        if (at := self.rollout.spec.get("restartAt")) is not None:
            status["restartedAt"] = at
        status["promoteFull"] = False
        canary = status["canary"]
        status["canary"] = {name: value for name, value in canary.items() if not name.endswith("AnalysisRunStatus")}
        status["blueGreen"] = {}
        if self.rollout.steps:
            status["currentStepIndex"] = 0

    def promote(self, status: JSON, why: str) -> None:
        """The new revision is the stable one from now on."""
        self.clear()
        rollout = self.rollout
        status["promoteFull"] = False
        status["blueGreen"] = {k: v for k, v in status["blueGreen"].items() if k != "scaleUpPreviewCheckPoint"}
        if rollout.canary is not None:
            status["currentStepIndex"] = len(rollout.steps) or None
        if status["stableRS"] == status["currentPodHash"]:
            return
        course = status.get("duration")
        if course and "completionStatus" not in course:
            word = "FastPromoted" if rollout.promotes_fully else "Promoted"
            status["duration"] = course | {"completionStatus": word}
        status["stableRS"] = status["currentPodHash"]
        number = rollout.revision
        self.tell("RolloutCompleted", f"Rollout completed update to revision {number} ({status['stableRS']}): {why}")

    def step_done(self, step: JSON) -> None:
        """Tell that a step is through."""
        number, of = self.rollout.step_index + 1, len(self.rollout.steps)
        self.tell("RolloutStepCompleted", f"Rollout step {number}/{of} completed ({step_words(step)})")

    def persist(self, status: JSON) -> None:
        """Work out the rest of a status, and write it."""
        rollout = self.rollout
        status["observedGeneration"] = str(rollout.generation)
        if rollout.spec.get("workloadRef"):
            status["workloadObservedGeneration"] = rollout.workload_generation
        self._abort_when_late(status)
        self._decide_pauses(status)
        self._judge(status)
        self._finish(status, changed=self.has_changed)

    def _finish(self, status: JSON, *, changed: bool) -> None:
        rollout = self.rollout
        status["phase"], status["message"] = statuses.phase(rollout, status)
        new = self.revisions.newest
        status["duration"] = duration(
            rollout, status, new, changed=changed, goes_back=new is not None and self.goes_back,
            aborted=self.is_aborted, now=self.stamp,
        )  # fmt: skip
        old = statuses.typed(rollout.status)
        typed = statuses.typed(status)
        if typed == old:
            self._look_when_late(status)
            return
        before = bool(rollout.pauses)
        self.write(statuses.patched(rollout.status, old, typed))
        pauses = typed.get("pauseConditions") or []
        if bool(pauses) != before and (pauses or "abortedAt" not in typed):
            event = (
                ("Paused", f"Rollout is paused ({pauses[0]['reason']})")
                if pauses
                else ("Resumed", "Rollout is resumed")
            )
            self.tell(f"Rollout{event[0]}", event[1])

    def write(self, status: JSON) -> None:
        """Store a status."""
        stored = self.world.api.set_status(self.world.rollouts, self.rollout.obj, status, manager=MANAGER)
        self.rollout = replace(self.rollout, obj=stored)
        self.is_over = True

    def _decide_pauses(self, status: JSON) -> None:
        if self.is_aborted:
            status["abort"] = True
            status["abortedAt"] = self.rollout.status.get("abortedAt") or self.stamp
            return
        status.pop("abort", None)
        status.pop("abortedAt", None)
        if self.clears_pauses:
            return
        kept = [pause for pause in self.rollout.pauses if pause["reason"] not in self.lifted]
        there = {pause["reason"] for pause in self.rollout.pauses}
        added = [{"reason": reason, "startTime": self.stamp} for reason in self.added if reason not in there]
        if kept or added:
            status["pauseConditions"] = [*kept, *added]
            status["controllerPause"] = bool(added) or bool(self.rollout.status.get("controllerPause"))

    @property
    def _is_indefinite(self) -> bool:
        """Whether the update waits for something that takes as long as it takes."""
        step, paused = self.rollout.step or {}, self.rollout.condition("Paused")
        waits = any(step.get(what) is not None for what in ("experiment", "analysis", "pause"))
        return waits or (paused is not None and paused["status"] == "True")

    @property
    def _waits_for_scale_down(self) -> bool:
        return any(SCALE_DOWN_DEADLINE in (rs["metadata"].get("annotations") or {}) for rs in self.revisions.others)

    def _timeout_words(self) -> str:
        return f'ReplicaSet "{self.revisions.new["metadata"]["name"]}" has timed out progressing.'

    def _abort_when_late(self, status: JSON) -> None:
        if not self.rollout.spec.get("progressDeadlineAbort") or self.is_aborted or statuses.is_complete(status):
            return
        if statuses.has_progressed(self.rollout, status) or self._is_indefinite or self._waits_for_scale_down:
            return
        if statuses.has_timed_out(self.rollout, self.rollout.status, self.now):
            self.abort(self._timeout_words())
            self.tell("RolloutAborted", self._timeout_words(), warning=True)

    def _judge(self, status: JSON) -> None:
        """The conditions, in the order in which the real controller sets them: one that changes goes to the end."""
        rollout = self.rollout
        paused = bool(status.get("pauseConditions")) or rollout.is_user_paused
        sick = False
        if not paused and statuses.is_healthy(rollout, status):
            self._set(status, "Healthy", "True", "RolloutHealthy", "Rollout is healthy")
        elif rollout.condition("Healthy") is not None:
            sick = self._set(status, "Healthy", "False", "RolloutHealthy", "Rollout is not healthy")
        if self.is_aborted:
            words = f"Rollout aborted update to revision {rollout.revision}"
            if self.abort_message:
                words += f": {self.abort_message}"
            if self._set(status, "Progressing", "False", "RolloutAborted", words):
                self.tell("RolloutAborted", words, warning=True)
        else:
            self._judge_progress(status, sick=sick)
        self._judge_availability(status)
        failure = self.revisions.failure()
        if failure is not None:
            status["conditions"] = with_condition(status["conditions"], failure)
        else:
            status["conditions"] = without_condition(status["conditions"], "ReplicaFailure")
        complete = statuses.is_complete(status)
        changed = self._set(status, "Completed", str(complete), "RolloutCompleted", "RolloutCompleted")
        if changed and not complete:
            words = f"started update to revision {rollout.revision} ({status['currentPodHash']})"
            self.tell("RolloutNotCompleted", f"Rollout not completed, {words}")

    def _judge_progress(self, status: JSON, *, sick: bool) -> None:
        name = self.revisions.new["metadata"]["name"]
        if statuses.is_healthy(self.rollout, status):
            words = f'ReplicaSet "{name}" has successfully progressed.'
            self._set(status, "Progressing", "True", "NewReplicaSetAvailable", words)
        elif statuses.has_progressed(self.rollout, status) or sick:
            progress = ("ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
            if statuses.is_complete(status) and sick:
                progress = ("ReplicaSetNotAvailable", "Rollout does not have minimum availability")
            new = self._condition("Progressing", "True", *progress)
            current = self.rollout.condition("Progressing")
            if current is not None and current["status"] == "True":
                new["lastTransitionTime"] = current["lastTransitionTime"]
            status["conditions"] = [*without_condition(status["conditions"], "Progressing"), new]
        elif self._is_indefinite or self._waits_for_scale_down:
            return
        elif statuses.has_timed_out(self.rollout, status, self.now):
            self._set(status, "Progressing", "False", "ProgressDeadlineExceeded", self._timeout_words())

    def _judge_availability(self, status: JSON) -> None:
        goal = self.rollout.replicas
        if self.rollout.blue_green is not None:
            active = self.revisions.by_hash((status.get("blueGreen") or {}).get("activeSelector", ""))
            enough = active is not None and is_saturated(self.rollout, active)
        else:
            enough = total(self.revisions.all, "availableReplicas") >= goal
        words = "Rollout has minimum availability" if enough else "Rollout does not have minimum availability"
        self._set(status, "Available", str(enough), "AvailableReason", words)

    def _set(self, status: JSON, type_: str, value: str, reason: str, message: str) -> bool:
        """Set a condition; whether it was otherwise."""
        before = status["conditions"]
        status["conditions"] = with_condition(before, self._condition(type_, value, reason, message))
        return find_condition(before, type_) is not find_condition(status["conditions"], type_)

    def _look_when_late(self, status: JSON) -> None:
        """Nothing else would tell that the deadline has passed."""
        rollout, progressing = self.rollout, self.rollout.condition("Progressing")
        if progressing is None or progressing["reason"] == "ProgressDeadlineExceeded" or rollout.is_aborted:
            return
        if statuses.is_healthy(rollout, status) or rollout.pauses or rollout.is_user_paused or self._is_indefinite:
            return
        left = seconds_of(progressing["lastUpdateTime"]) + rollout.deadline_seconds - self.now
        self.look_again_in(left + 1 if left >= 1 else 1.0)
