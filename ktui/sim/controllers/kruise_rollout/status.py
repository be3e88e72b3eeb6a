"""What a Rollout of Kruise Rollouts asks for, and how its status is written."""

from __future__ import annotations

from typing import Any

from ktui.sim.controllers.common import find_condition, resolve, template_hash

JSON = dict[str, Any]
COMPLETED = "Completed"


class Rollout:
    """A Rollout as it is stored, and the status that it is to get."""

    def __init__(self, obj: JSON, stamp: str) -> None:
        self.obj, self.stamp = obj, stamp
        spec = obj.get("spec")
        self.spec: JSON = spec if isinstance(spec, dict) else {}
        self.status: JSON = dict(obj.get("status") or {})
        self.steps_status: JSON = dict(self.status.get("canaryStatus") or {})

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.obj["metadata"]["name"])

    @property
    def phase(self) -> str:
        """Its phase."""
        return str(self.status.get("phase") or "")

    @property
    def strategy(self) -> JSON:
        """How it goes on."""
        found = self.spec.get("strategy")
        return found if isinstance(found, dict) else {}

    @property
    def steps(self) -> list[JSON]:
        """The steps of a canary by partition; none for the styles that are not played."""
        canary = self.strategy.get("canary")
        if not isinstance(canary, dict) or canary.get("enableExtraWorkloadForCanary"):
            return []
        steps = canary.get("steps")
        return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []

    @property
    def plan_hash(self) -> str:
        """What is the same as long as nobody edits the strategy."""
        return template_hash({key: value for key, value in self.strategy.items() if key != "paused"})

    @property
    def at(self) -> int:
        """The step that it is at, from 1."""
        return int(self.steps_status.get("currentStepIndex") or 0)

    @property
    def state(self) -> str:
        """The state of that step."""
        return str(self.steps_status.get("currentStepState") or "")

    @property
    def reason(self) -> str:
        """The reason of the condition Progressing."""
        found = find_condition(self.status.get("conditions") or (), "Progressing")
        return str(found["reason"]) if found is not None else ""

    @property
    def asked(self) -> int | str:
        """How many new pods its step is to have, as that says it."""
        step = self.steps[self.at - 1]
        found = step.get("replicas", step.get("traffic"))
        return found if isinstance(found, int | str) else 0

    def goal(self, replicas: int) -> int:
        """The same in pods."""
        return min(replicas, resolve(self.asked, replicas, up=True))

    def follow(self, at: int) -> int:
        """The number of the step after that one; -1 for none."""
        return at + 1 if at < len(self.steps) else -1

    def say(self, type_: str, status: str, reason: str = "", message: str = "") -> None:
        """Set a condition."""
        conditions = list(self.status.get("conditions") or ())
        known = find_condition(conditions, type_)
        since = known["lastTransitionTime"] if known is not None and known["status"] == status else self.stamp
        made = {
            "type": type_, "status": status, "reason": reason, "message": message,
            "lastUpdateTime": self.stamp, "lastTransitionTime": since,
        }  # fmt: skip
        if known is not None and (known["status"], known["reason"]) == (status, reason):
            return
        self.status["conditions"] = [each for each in conditions if each["type"] != type_] + [made]
        if message:
            self.status["message"] = message

    def enter(self, state: str) -> None:
        """Go to a state of the step that it is at."""
        self.steps_status |= {"currentStepState": state, "lastUpdateTime": self.stamp}

    def begin_step(self, number: int) -> None:
        """Go to a step."""
        self.steps_status |= {"currentStepIndex": number, "nextStepIndex": self.follow(number)}
        self.enter("BeforeStepUpgrade")

    def count(self, counts: tuple[int, int]) -> None:
        """Note how many pods are new."""
        self.steps_status |= {"canaryReplicas": counts[0], "canaryReadyReplicas": counts[1]}

    def written(self) -> JSON:
        """The whole status."""
        status = self.status | {"observedGeneration": self.obj["metadata"]["generation"]}
        if self.steps_status:
            status["canaryStatus"] = self.steps_status
            status |= {"currentStepIndex": self.at, "currentStepState": self.state}
        return dict(sorted(status.items()))


def fresh(rollout: Rollout, revision: str, stable: str = "") -> JSON:
    """The status of steps before the first one, or of those that are all done."""
    made: JSON = {
        "canaryReadyReplicas": 0, "canaryReplicas": 0, "canaryRevision": revision, "finalisingStep": "",
        "observedRolloutID": revision, "podTemplateHash": "", "rolloutHash": rollout.plan_hash,
        "currentStepIndex": len(rollout.steps), "currentStepState": COMPLETED, "nextStepIndex": -1,
    }  # fmt: skip
    return made | ({"stableRevision": stable} if stable else {})
