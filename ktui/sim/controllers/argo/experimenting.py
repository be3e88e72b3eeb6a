"""The Experiment controller: ReplicaSets side by side for a while, and analyses (experiments/experiment.go)."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import available, duration_seconds
from ktui.sim.controllers.argo.runs import create, phase_of, spec_of
from ktui.sim.controllers.argo.status import is_over
from ktui.sim.controllers.common import REPLICA_SETS, OwnedIndex, controller_of, owner_reference
from ktui.sim.controllers.progress import new_condition, with_condition
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.sizes import wanted
from ktui.sim.events import EventRecorder
from ktui.sim.kernel import seconds_of
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
_NAME = "experiment.argoproj.io/name"
_TEMPLATE = "experiment.argoproj.io/template-name"


class ExperimentController:
    """Runs every Experiment."""

    def __init__(self, api: ApiServer, events: EventRecorder, replica_sets: OwnedIndex) -> None:
        self._api = api
        self._events = events
        self._resource = api.catalog.named("experiments")
        self._replica_sets = replica_sets
        self._runs = OwnedIndex(api, api.catalog.named("analysisruns"))
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(self._resource).listen(lambda change: self._queue.add(change.key))
        for resource in (REPLICA_SETS, api.catalog.named("analysisruns")):
            api.bucket(resource).listen(self._owned_changed)

    def _owned_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        if owner is not None and owner["kind"] == "Experiment":
            self._queue.add((change.key[0], owner["name"]))

    def _reconcile(self, key: Key) -> None:
        experiment = self._api.bucket(self._resource).get(*key)
        if experiment is None or "deletionTimestamp" in experiment["metadata"]:
            return
        sets = {
            rs["metadata"]["annotations"].get(_TEMPLATE): rs
            for rs in self._replica_sets.of(experiment["metadata"]["uid"])
        }
        if is_over(phase_of(experiment)):
            self._clean_up(key, experiment, list(sets.values()))
            return
        for template in experiment["spec"].get("templates") or ():
            if template["name"] not in sets:
                sets[template["name"]] = self._make(experiment, template)
        self._write(key, experiment, sets)

    def _make(self, experiment: JSON, template: JSON) -> JSON:
        metadata = experiment["metadata"]
        name = f"{metadata['name']}-{template['name']}"
        labels = {"rollouts-pod-template-hash": name[-50:]}
        pods = copy.deepcopy(template["template"])
        pods["metadata"]["labels"] = (pods["metadata"].get("labels") or {}) | labels
        selector = (template.get("selector") or {}).get("matchLabels") or {}
        draft = {
            "metadata": {
                "name": name, "labels": dict(pods["metadata"]["labels"]),
                "annotations": {_NAME: metadata["name"], _TEMPLATE: template["name"]},
                "ownerReferences": [owner_reference(experiment)],
            },
            "spec": {
                "replicas": template.get("replicas", 1), "selector": {"matchLabels": selector | labels},
                "template": pods,
            },
        }  # fmt: skip
        return self._api.create(REPLICA_SETS, metadata["namespace"], draft, manager=MANAGER)

    def _write(self, key: Key, experiment: JSON, sets: dict[str, JSON]) -> None:
        spec, before = experiment["spec"], experiment.get("status") or {}
        stamp, now = self._api.kernel.stamp(), self._api.kernel.now
        ready = bool(sets) and all(available(rs) >= wanted(rs) for rs in sets.values())
        status = dict(before)
        if ready:
            status.setdefault("availableAt", stamp)
        runs = self._analyses(experiment, begin="availableAt" in status and not spec.get("terminate"))
        if runs:
            status["analysisRuns"] = runs
        phase = self._phase(experiment, status, runs, now)
        over = is_over(phase)
        status["templateStatuses"] = [_template_status(name, rs, phase, before, stamp) for name, rs in sets.items()]
        if over and phase in ("Failed", "Error"):
            status["message"] = next((run["message"] for run in runs if run.get("message")), "")
        if phase != before.get("phase"):
            status["phase"] = phase
            bad = phase in ("Failed", "Error")
            words = f"Experiment transitioned from {before.get('phase', '')} -> {phase}"
            self._events.event(experiment, "Warning" if bad else "Normal", f"Experiment{phase}", words)
        name = experiment["metadata"]["name"]
        progress = ("False", "ExperimentCompleted", f'Experiment "{name}" has successfully ran and completed.')
        if not over:
            progress = ("True", "NewReplicaSetAvailable", f'Experiment "{name}" is running.')
        condition = new_condition(now, "Progressing", *progress)
        status["conditions"] = with_condition(before.get("conditions") or [], condition)
        if over:
            self._end_runs(experiment)
        elif "availableAt" in status and spec.get("duration"):
            left = seconds_of(status["availableAt"]) + duration_seconds(spec["duration"]) - now
            self._queue.add_after(key, max(left, 0.0) + 0.01)
        if status != before:
            self._api.set_spec(self._resource, experiment, experiment | {"status": status}, manager=MANAGER)

    def _analyses(self, experiment: JSON, *, begin: bool) -> list[JSON]:
        metadata = experiment["metadata"]
        owned = {run["metadata"]["labels"].get("analysis"): run for run in self._runs.of(metadata["uid"])}
        statuses = []
        for analysis in experiment["spec"].get("analyses") or ():
            run = owned.get(analysis["name"])
            if run is None and begin:
                spec = spec_of(self._api, metadata["namespace"], analysis | {"templates": [analysis]}, {})
                labels = {"analysis": analysis["name"]}
                name = f"{metadata['name']}-{analysis['name']}"
                run = create(self._api, experiment, name, spec, labels=labels, annotations={})
            if run is not None:
                each = {
                    "name": analysis["name"],
                    "analysisRun": run["metadata"]["name"],
                    "phase": phase_of(run) or "Pending",
                }
                if message := (run.get("status") or {}).get("message"):
                    each["message"] = message
                statuses.append(each)
        return statuses

    def _phase(self, experiment: JSON, status: JSON, runs: list[JSON], now: float) -> str:
        spec = experiment["spec"]
        for bad in ("Error", "Failed", "Inconclusive"):
            if any(run["phase"] == bad for run in runs):
                return bad
        if spec.get("terminate"):
            return "Successful"
        if "availableAt" not in status:
            return "Pending"
        wanted_runs = len(spec.get("analyses") or ())
        analysed = len(runs) == wanted_runs and all(run["phase"] == "Successful" for run in runs)
        seconds = spec.get("duration")
        if seconds is None:
            return "Successful" if wanted_runs and analysed else "Running"
        passed = seconds_of(status["availableAt"]) + duration_seconds(seconds) <= now
        return "Successful" if passed else "Running"

    def _end_runs(self, experiment: JSON) -> None:
        resource = self._api.catalog.named("analysisruns")
        for run in self._runs.of(experiment["metadata"]["uid"]):
            if not is_over(phase_of(run)) and not run["spec"].get("terminate"):
                self._api.set_spec(resource, run, run | {"spec": run["spec"] | {"terminate": True}}, manager=MANAGER)

    def _clean_up(self, key: Key, experiment: JSON, sets: list[JSON]) -> None:
        delay = experiment["spec"].get("scaleDownDelaySeconds", 30)
        ended = experiment["status"]["conditions"][0]["lastTransitionTime"]
        left = seconds_of(ended) + delay - self._api.kernel.now
        if left > 0:
            self._queue.add_after(key, left + 0.01)
            return
        for rs in sets:
            if wanted(rs):
                self._api.set_spec(REPLICA_SETS, rs, rs | {"spec": rs["spec"] | {"replicas": 0}}, manager=MANAGER)


def _template_status(name: str, rs: JSON, phase: str, before: JSON, stamp: str) -> JSON:
    """The status of one template."""
    counts = rs.get("status") or {}
    earlier: JSON = next((each for each in before.get("templateStatuses") or () if each["name"] == name), {})
    state = phase if is_over(phase) else "Running" if available(rs) >= wanted(rs) else "Progressing"
    since = earlier.get("lastTransitionTime", stamp) if earlier.get("status") == state else stamp
    return {
        "name": name, "status": state, "lastTransitionTime": since, "replicas": counts.get("replicas", 0),
        "updatedReplicas": counts.get("replicas", 0), "readyReplicas": counts.get("readyReplicas", 0),
        "availableReplicas": counts.get("availableReplicas", 0),
        "podTemplateHash": rs["metadata"]["labels"]["rollouts-pod-template-hash"],
    }  # fmt: skip
