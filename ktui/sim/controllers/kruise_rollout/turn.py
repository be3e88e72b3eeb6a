"""One look at one Rollout: from phase to phase and from step to step (rollout_progressing.go, rollout_canary.go)."""

from __future__ import annotations

from typing import Any, Protocol

from ktui.sim.controllers.kruise_rollout.status import COMPLETED, Rollout, fresh
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
GRACE, SETTLES, SOON = 3.0, 2.0, 0.05
"""Seconds: before the first step, until something takes effect on the workload, and between two looks."""
_IN_PROGRESS = "Rollout is in Progressing"
_MANUAL, _CLOSING = "you need manually confirm", "Rollout has been completed and some closing work is being done"
_PAUSED = "Rollout has been paused, you can resume it by kube-cli"
_BACK = "The workload has been rolled back and the rollout process will be canceled"


class Workload(Protocol):
    """What a Rollout takes through its steps."""

    @property
    def replicas(self) -> int:
        """How many pods it is to have."""

    @property
    def is_held(self) -> bool:
        """Whether a Rollout holds it."""

    def hold(self, rollout: str) -> None:
        """Keep it from rolling out by itself."""

    def let_go(self) -> None:
        """It is in no rollout any more."""

    def release(self) -> None:
        """Let its own controller go on."""

    def counts(self) -> tuple[int, int]:
        """How many new pods there are to be, and how many are ready."""

    def roll(self, goal: int, asked: int | str) -> None:
        """Go towards so many new pods."""


class Turn:
    """What is due for a Rollout. `tell` makes an event; `revision` is the hash of the workload's template."""

    def __init__(self, rollout: Rollout, workload: Workload, revision: str, now: float, tell: Any) -> None:
        self._rollout, self._workload, self._revision = rollout, workload, revision
        self._now, self._tell = now, tell

    @property
    def _waited(self) -> float:
        """Seconds since the step's state changed."""
        since = self._rollout.steps_status.get("lastUpdateTime")
        return self._now - seconds_of(since) if since else 0.0

    def take(self) -> float | None:
        """Take it one state further; in how many seconds to look again."""
        rollout = self._rollout
        if rollout.spec.get("disabled") is True:
            return self._disable()
        match rollout.phase:
            case "Progressing":
                return self._progress()
            case "Healthy":
                return self._rest()
            case _:
                rollout.status |= {"phase": "Healthy", "message": "rollout is healthy"}
                rollout.status |= {} if rollout.steps_status else {"currentStepIndex": 0, "currentStepState": ""}
                return SOON

    def _disable(self) -> float | None:
        rollout = self._rollout
        if rollout.phase == "Progressing":
            rollout.status["phase"] = "Disabling"
            return SOON
        if rollout.phase != "Disabled":
            if self._workload.is_held:
                self._workload.release()
            rollout.status |= {"phase": "Disabled", "message": "Rollout is disabled"}
        return None

    def _rest(self) -> float | None:
        """Wait for another template."""
        rollout = self._rollout
        known = rollout.steps_status.get("canaryRevision")
        if known is None:
            rollout.steps_status = fresh(rollout, self._revision)
            rollout.status["message"] = "workload deployment is completed"
        elif self._workload.is_held and known != self._revision:
            rollout.status["phase"] = "Progressing"
            rollout.say("Progressing", "True", "Initializing", _IN_PROGRESS)
            rollout.status["message"] = self._rollout.obj["status"]["message"]
            return SOON
        elif known != self._revision:
            rollout.steps_status |= {"canaryRevision": self._revision}
        return None

    def _progress(self) -> float | None:
        rollout, steps = self._rollout, self._rollout.steps_status
        match rollout.reason:
            case "Initializing":
                return self._initialize()
            case "Finalising" | "Cancelling":
                return self._finalise()
            case "Completed":
                rollout.status["phase"] = "Healthy"
                return None
        if self._revision == steps.get("stableRevision"):
            self._tell("workload has been rollback, then rollout is canceled")
            rollout.say("Progressing", "True", "Cancelling", _BACK)
            self._workload.let_go()
            rollout.steps_status |= {"lastUpdateTime": rollout.stamp}
            return SETTLES
        if self._revision != steps.get("canaryRevision"):
            self._tell("workload continuous publishing canaryRevision, then restart publishing")
            rollout.say("Progressing", "True", "Initializing", "Workload is continuous release")
            rollout.steps_status = {"stableRevision": steps["stableRevision"], "lastUpdateTime": rollout.stamp}
            return SOON
        if rollout.strategy.get("paused") is True:
            rollout.say("Progressing", "True", "Paused", _PAUSED)
            return None
        if rollout.reason == "Paused":
            message = rollout.status["message"]
            rollout.say("Progressing", "True", "InRolling", _IN_PROGRESS)
            rollout.status["message"] = message
            return SOON
        return self._step()

    def _initialize(self) -> float | None:
        rollout, steps = self._rollout, self._rollout.steps_status
        if steps.get("canaryRevision") != self._revision:
            is_again = "canaryRevision" not in steps
            stable = steps["stableRevision"] if is_again else steps["canaryRevision"]
            rollout.steps_status = fresh(rollout, self._revision, stable)
            rollout.begin_step(1)
            if not is_again:
                return GRACE
        elif self._waited < GRACE:
            return GRACE - self._waited
        rollout.say("Progressing", "True", "InRolling", _IN_PROGRESS)
        return SOON

    # -- steps -----------------------------------------------------------------------------------------------------

    def _step(self) -> float | None:
        rollout, steps, at = self._rollout, self._rollout.steps_status, self._rollout.at
        if rollout.plan_hash != steps.get("rolloutHash"):
            steps["rolloutHash"] = rollout.plan_hash
            rollout.begin_step(min(at, len(rollout.steps)))
            return SOON
        if rollout.state == "StepPaused" and steps.get("nextStepIndex") != rollout.follow(at):
            jump = steps["nextStepIndex"]
            rollout.begin_step(jump if isinstance(jump, int) and 0 < jump <= len(rollout.steps) else at)
            return SOON
        if rollout.state not in ("BeforeStepUpgrade", COMPLETED):
            self._roll()
        if (message := self._message(at)) not in ("", rollout.status.get("message")):
            rollout.status["message"] = message
            return SOON
        match rollout.state:
            case "BeforeStepUpgrade":
                rollout.enter("StepUpgrade")
            case "StepUpgrade":
                return self._upgrade(at)
            case "StepTrafficRouting":
                rollout.enter("StepMetricsAnalysis")
            case "StepMetricsAnalysis":
                rollout.enter("StepPaused")
            case "StepPaused":
                return self._pause(at)
            case "StepReady" if at < len(rollout.steps):
                rollout.begin_step(at + 1)
            case "StepReady":
                rollout.enter(COMPLETED)
            case _:
                self._workload.let_go()
                rollout.say("Progressing", "True", "Finalising", _CLOSING)
                rollout.enter(COMPLETED)
                return SETTLES
        return SOON

    def _roll(self) -> None:
        if self._rollout.state != "StepUpgrade" or self._waited >= SETTLES:
            self._workload.roll(self._rollout.goal(self._workload.replicas), self._rollout.asked)
            self._rollout.count(self._workload.counts())

    def _upgrade(self, at: int) -> float | None:
        if self._waited < SETTLES:
            return SETTLES - self._waited
        goal = self._rollout.goal(self._workload.replicas)
        if self._workload.counts() != (goal, goal):
            return None
        self._tell(f"upgrade step({at}) canary pods with new versions done")
        self._rollout.steps_status["podTemplateHash"] = self._revision
        self._rollout.enter("StepMetricsAnalysis" if at == len(self._rollout.steps) else "StepTrafficRouting")
        return SOON

    def _is_last(self, at: int) -> bool:
        """Whether it does not wait after the step: the last one, with all pods."""
        return at == len(self._rollout.steps) and self._rollout.asked == "100%"

    def _duration(self, at: int) -> int | None:
        pause = self._rollout.steps[at - 1].get("pause")
        found = pause.get("duration") if isinstance(pause, dict) else None
        return found if isinstance(found, int) else None

    def _message(self, at: int) -> str:
        """What is said of the state, a look after it was entered; nothing of those that pass."""
        doing, duration = "", self._duration(at)
        if self._rollout.state == "StepUpgrade":
            doing = "upgrade workload to new version"
        elif self._rollout.state == "StepPaused" and not self._is_last(at):
            how = _MANUAL if duration is None else f"wait duration({duration} seconds)"
            doing = f"{how} to enter the next step"
        return f"Rollout is in step({at}/{len(self._rollout.steps)}), and {doing}" if doing else ""

    def _pause(self, at: int) -> float | None:
        duration = self._duration(at)
        if self._is_last(at):
            self._rollout.enter("StepReady")
            return SOON
        if duration is None:
            return None
        if self._waited < duration:
            return duration - self._waited
        self._rollout.enter("StepReady")
        return SOON

    # -- the end ---------------------------------------------------------------------------------------------------

    def _finalise(self) -> float | None:
        rollout, is_back = self._rollout, self._rollout.reason == "Cancelling"
        if self._waited < SETTLES:
            return SETTLES - self._waited
        self._workload.release()
        said = "canceled" if is_back else "completed"
        rollout.say("Progressing", "False", COMPLETED, f"Rollout progressing has been {said}")
        rollout.say("Succeeded", "False" if is_back else "True")
        rollout.steps_status |= {"finalisingStep": "END", "canaryRevision": self._revision}
        return SOON
