"""The AnalysisRuns of a Rollout: started at their steps, watched, and cancelled (rollout/analysis.go)."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import HASH_LABEL, REVISION, Rollout, hash_of, is_saturated
from ktui.sim.controllers.argo.status import is_over
from ktui.sim.controllers.argo.turn import Base
from ktui.sim.controllers.common import owner_reference
from ktui.sim.controllers.sizes import wanted
from ktui.sim.deletion import Deletion

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
KEPT = 5
"""So many runs that were successful are kept, and so many that were not."""
_PLACES = {
    "step": ("canary", "currentStepAnalysisRunStatus", "Step"),
    "background": ("canary", "currentBackgroundAnalysisRunStatus", "Background"),
    "pre": ("blueGreen", "prePromotionAnalysisRunStatus", "PrePromotion"),
    "post": ("blueGreen", "postPromotionAnalysisRunStatus", "PostPromotion"),
}


class Runs:
    """The runs that one Rollout owns: by their part in the update, and those of earlier ones."""

    def __init__(self, api: ApiServer, rollout: Rollout, owned: list[JSON]) -> None:
        self._api = api
        self._rollout = rollout
        self._current: dict[str, JSON] = {}
        for part, (strategy, field, _) in _PLACES.items():
            name = ((rollout.status.get(strategy) or {}).get(field) or {}).get("name")
            found = next((run for run in owned if run["metadata"]["name"] == name), None)
            if found is not None:
                self._current[part] = found
        names = {run["metadata"]["name"] for run in self._current.values()}
        self._others = [run for run in owned if run["metadata"]["name"] not in names]

    @property
    def _resource(self) -> Resource:
        return self._api.catalog.named("analysisruns")

    def phase(self, part: str) -> str:
        """The phase of the run that has this part, empty where there is none."""
        return phase_of(self._current.get(part))

    def reconcile(self, turn: Base) -> None:
        """Start the run that is due, take in what the runs say, and cancel those that are no longer asked for."""
        rollout = turn.rollout
        started = dict(self._current)
        skipped = rollout.is_promoted or turn.is_aborted or rollout.promotes_fully or turn.is_fast_rollback
        kept: dict[str, JSON | None]
        if skipped or not rollout.stable_hash:
            self._cancel(*self._current.values())
            kept = {part: run for part, run in self._current.items() if part in ("pre", "post")}
        elif rollout.canary is not None:
            kept = {"step": self._step(turn), "background": self._background(turn)}
        else:
            kept = {"pre": self._around_switch(turn, "pre"), "post": self._around_switch(turn, "post")}
        self._current = {part: run for part, run in kept.items() if run is not None}
        for part, run in self._current.items():
            strategy, field, label = _PLACES[part]
            status = run.get("status") or {}
            reference = {"name": run["metadata"]["name"], "status": status.get("phase", "")}
            if status.get("message"):
                reference["message"] = status["message"]
            turn.draft[strategy][field] = reference
            self._tell(turn, (rollout.status.get(strategy) or {}).get(field), reference, label)
        names = {run["metadata"]["name"] for run in self._current.values()}
        self._others += [run for run in started.values() if run["metadata"]["name"] not in names]
        self._cancel(*self._others)
        self._prune()

    def _tell(self, turn: Base, before: JSON | None, now: JSON, label: str) -> None:
        if not now["status"] or (before is not None and before.get("status") == now["status"]):
            return
        was = "NoPreviousStatus" if before is None else before.get("status", "")
        words = f"{label} Analysis Run '{now['name']}' Status New: '{now['status']}' Previous: '{was}'"
        turn.tell(f"AnalysisRun{now['status']}", words, warning=now["status"] in ("Failed", "Error"))

    # -- each part -----------------------------------------------------------------------------------------------

    def _step(self, turn: Base) -> JSON | None:
        rollout, run = turn.rollout, self._current.get("step")
        if rollout.pauses or rollout.is_aborted:
            return run
        analysis = (rollout.step or {}).get("analysis") or {}
        index = str(rollout.step_index)
        earlier = run is not None and (run["metadata"].get("labels") or {}).get("step-index") != index
        if not analysis.get("templates") or earlier:
            self._cancel(run)
            return None
        if self._needs_new(turn, run):
            return self._start(turn, analysis, index, {"rollout-type": "Step", "step-index": index})
        self._take_in(turn, run, "Step-based analysis")
        return run

    def _background(self, turn: Base) -> JSON | None:
        rollout, run = turn.rollout, self._current.get("background")
        analysis = (rollout.canary or {}).get("analysis") or {}
        if not analysis.get("templates"):
            self._cancel(run)
            return None
        if not rollout.status.get("currentPodHash") or rollout.step_index < analysis.get("startingStep", 0):
            return None
        if rollout.pause("InconclusiveAnalysisRun") is not None:
            return run
        if self._needs_new(turn, run):
            return self._start(turn, analysis, "", {"rollout-type": "Background"})
        self._take_in(turn, run, "Background analysis")
        return run

    def _around_switch(self, turn: Base, part: str) -> JSON | None:
        """The analysis before (`pre`) or after (`post`) the switch of the active Service."""
        rollout, run = turn.rollout, self._current.get(part)
        analysis = (rollout.blue_green or {}).get(f"{part}PromotionAnalysis") or {}
        if not analysis.get("templates"):
            self._cancel(run)
            return None
        if self._is_skipped(turn, part, run):
            self._cancel(run)
        elif rollout.pause("InconclusiveAnalysisRun") is None and self._needs_new(turn, run):
            run = self._start(turn, analysis, part, {"rollout-type": f"{part.capitalize()}Promotion"})
        if run is not None:
            self._take_in(turn, run, f"Blue/green {part}-promotion analysis")
        return run

    def _is_skipped(self, turn: Base, part: str, run: JSON | None) -> bool:
        rollout, new = turn.rollout, turn.revisions.new
        active = (rollout.status.get("blueGreen") or {}).get("activeSelector", "")
        if (not active or active == hash_of(new)) if part == "pre" else active != hash_of(new):
            return True
        if run is not None:
            return False
        preview = (rollout.blue_green or {}).get("previewReplicaCount")
        if part == "pre" and preview is not None:
            return not wanted(new) == preview == (new.get("status") or {}).get("availableReplicas", 0)
        return not is_saturated(rollout, new)

    def _needs_new(self, turn: Base, run: JSON | None) -> bool:
        rollout = turn.rollout
        if run is None:
            return True
        at_pause = any(rollout.pause(reason) for reason in ("CanaryPauseStep", "BlueGreenPause"))
        if rollout.status.get("controllerPause") and not at_pause:
            return phase_of(run) == "Inconclusive"
        return rollout.status.get("abortedAt") is not None

    def _take_in(self, turn: Base, run: JSON | None, what: str) -> None:
        match phase_of(run):
            case "Inconclusive":
                turn.pause("InconclusiveAnalysisRun")
            case "Error" | "Failed":
                message = ((run or {}).get("status") or {}).get("message")
                turn.abort(f"{what} phase error/failed" + (f": {message}" if message else ""))

    # -- the objects ---------------------------------------------------------------------------------------------

    def _start(self, turn: Base, analysis: JSON, infix: str, labels: JSON) -> JSON:
        rollout = turn.rollout
        digest, revision = hash_of(turn.revisions.new), str(rollout.revision)
        name = "-".join(part for part in (rollout.name, digest, revision, infix) if part)
        labels = labels | {HASH_LABEL: digest} | (rollout.selector.get("matchLabels") or {})
        hashes = {"Latest": digest, "Stable": hash_of(turn.revisions.stable)}
        namespace = rollout.metadata["namespace"]
        spec = spec_of(self._api, namespace, analysis, hashes)
        return create(self._api, rollout.obj, name, spec, labels=labels, annotations={REVISION: revision})

    def _cancel(self, *runs: JSON | None) -> None:
        for run in runs:
            if run is None or is_over(phase_of(run)) or run["spec"].get("terminate"):
                continue
            metadata = run["metadata"]
            current = self._api.bucket(self._resource).get(metadata["namespace"], metadata["name"])
            if current is not None:
                ended = current | {"spec": current["spec"] | {"terminate": True}}
                self._api.set_spec(self._resource, current, ended, manager=MANAGER)

    def _prune(self) -> None:
        ended = [run for run in self._others if is_over(phase_of(run))]
        ended.sort(key=lambda run: (run["metadata"]["creationTimestamp"], run["metadata"]["name"]), reverse=True)
        good = [run for run in ended if phase_of(run) == "Successful"]
        bad = [run for run in ended if phase_of(run) != "Successful"]
        self._delete([*good[KEPT:], *bad[KEPT:]])

    def forget(self, gone: list[JSON]) -> None:
        """The runs of revisions that are gone go too."""
        digests = {hash_of(rs) for rs in gone}
        self._delete([run for run in self._others if (run["metadata"].get("labels") or {}).get(HASH_LABEL) in digests])

    def _delete(self, runs: list[JSON]) -> None:
        for run in runs:
            metadata = run["metadata"]
            if self._api.bucket(self._resource).get(metadata["namespace"], metadata["name"]) is not None:
                self._api.delete(self._resource, metadata["namespace"], metadata["name"], Deletion())
            self._others.remove(run)


def phase_of(run: JSON | None) -> str:
    """The phase of an AnalysisRun or Experiment; empty where it has none yet, or is none."""
    return "" if run is None else str((run.get("status") or {}).get("phase", ""))


def spec_of(api: ApiServer, namespace: str, analysis: JSON, hashes: JSON) -> JSON:
    """The spec of a run: the metrics of all templates, and the arguments as the Rollout gives them."""
    metrics: list[JSON] = []
    arguments: dict[str, JSON] = {}
    for reference in analysis.get("templates") or ():
        template = template_of(api, namespace, reference) or {"spec": {}}
        metrics += template["spec"].get("metrics") or []
        arguments |= {each["name"]: each for each in template["spec"].get("args") or ()}
    for given in analysis.get("args") or ():
        value = given.get("value", hashes.get((given.get("valueFrom") or {}).get("podTemplateHashValue", ""), ""))
        arguments[given["name"]] = {"name": given["name"], "value": value}
    spec: JSON = {"metrics": metrics}
    if arguments:
        spec["args"] = list(arguments.values())
    return spec


def template_of(api: ApiServer, namespace: str, reference: JSON) -> JSON | None:
    """The AnalysisTemplate, or ClusterAnalysisTemplate, of this name."""
    whole = reference.get("clusterScope")
    resource = api.catalog.named("clusteranalysistemplates" if whole else "analysistemplates")
    return api.bucket(resource).get("" if whole else namespace, reference.get("templateName", ""))


def create(api: ApiServer, owner: JSON, name: str, spec: JSON, *, labels: JSON, annotations: JSON) -> JSON:
    """Create an AnalysisRun; where the name is taken, a number is added to it."""
    namespace, resource = owner["metadata"]["namespace"], api.catalog.named("analysisruns")
    free, number = name, 0
    while api.bucket(resource).get(namespace, free) is not None:
        number += 1
        free = f"{name}.{number}"
    metadata = {
        "name": free, "labels": labels, "annotations": annotations, "ownerReferences": [owner_reference(owner)],
    }  # fmt: skip
    draft = {"metadata": metadata, "spec": spec, "status": {"phase": "", "runSummary": {}}}
    return api.create(resource, namespace, draft, manager=MANAGER)
