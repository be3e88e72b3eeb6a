"""The Experiments of a Rollout: started at their step, cancelled when the update is over (rollout/experiment.go)."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import HASH_LABEL, REVISION, Rollout, hash_of
from ktui.sim.controllers.argo.runs import phase_of
from ktui.sim.controllers.argo.status import is_over
from ktui.sim.controllers.argo.turn import Base
from ktui.sim.controllers.common import owner_reference

JSON = dict[str, Any]
MANAGER = "rollouts-controller"


class Experiments:
    """The experiments that one Rollout owns: that of the current step, and earlier ones."""

    def __init__(self, api: ApiServer, rollout: Rollout, owned: list[JSON]) -> None:
        self._api = api
        name = (rollout.status.get("canary") or {}).get("currentExperiment")
        self._current = next((each for each in owned if each["metadata"]["name"] == name), None)
        self._others = [each for each in owned if each is not self._current]

    @property
    def phase(self) -> str:
        """The phase of that of the current step, empty where there is none."""
        return phase_of(self._current)

    def reconcile(self, turn: Base) -> None:
        """Start the experiment of the current step, and take in what it says."""
        rollout = turn.rollout
        step = (rollout.step or {}).get("experiment")
        over = rollout.is_promoted or turn.is_aborted or rollout.promotes_fully or not rollout.stable_hash
        if step is None or over:
            self._cancel(*([self._current] if self._current and over else []), *self._others)
            if over:
                self._current = None
        elif self._current is None or (rollout.status.get("abortedAt") and is_over(self.phase)):
            self._current = self._start(turn, step)
        elif self.phase in ("Failed", "Error"):
            message = (self._current.get("status") or {}).get("message")
            turn.abort(message or f"Experiment '{self._current['metadata']['name']}' owned by the Rollout failed.")
        elif self.phase == "Inconclusive":
            turn.pause("InconclusiveExperiment")
        if self._current is not None and step is not None:
            turn.draft["canary"]["currentExperiment"] = self._current["metadata"]["name"]

    def _start(self, turn: Base, step: JSON) -> JSON:
        rollout, revisions = turn.rollout, turn.revisions
        digest, revision = hash_of(revisions.new), str(rollout.revision)
        templates = []
        for template in step.get("templates") or ():
            source = revisions.stable if template.get("specRef") == "stable" else revisions.new
            assert source is not None
            labels = source["spec"]["template"]["metadata"].get("labels") or {}
            made = {"name": template["name"], "replicas": template.get("replicas", 1)}
            made["selector"] = {"matchLabels": dict(labels)}
            templates.append(made | {"template": copy.deepcopy(source["spec"]["template"])})
        spec: JSON = {"templates": templates}
        for name in ("duration", "analyses", "scaleDownDelaySeconds", "progressDeadlineSeconds"):
            if step.get(name) is not None:
                spec[name] = step[name]
        name = f"{rollout.name}-{digest}-{revision}-{rollout.step_index}"
        metadata: JSON = {
            "labels": {HASH_LABEL: digest},
            "annotations": {REVISION: revision},
            "ownerReferences": [owner_reference(rollout.obj)],
        }
        resource, namespace = self._api.catalog.named("experiments"), rollout.metadata["namespace"]
        free, number = name, 0
        while self._api.bucket(resource).get(namespace, free) is not None:
            number += 1
            free = f"{name}-{number}"
        turn.tell("ExperimentCreated", f"Created Experiment '{free}'")
        draft = {"metadata": {"name": free} | metadata, "spec": spec, "status": {}}
        return self._api.create(resource, namespace, draft, manager=MANAGER)

    def _cancel(self, *experiments: JSON) -> None:
        resource = self._api.catalog.named("experiments")
        for each in experiments:
            metadata = each["metadata"]
            current = self._api.bucket(resource).get(metadata["namespace"], metadata["name"])
            if current is not None and not is_over(phase_of(current)) and not current["spec"].get("terminate"):
                ended = current | {"spec": current["spec"] | {"terminate": True}}
                self._api.set_spec(resource, current, ended, manager=MANAGER)
