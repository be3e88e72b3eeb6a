"""The AnalysisRun controller: measures, counts, and decides (analysis/analysis.go)."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.metrics import NoValueError, measured, verdict
from ktui.sim.controllers.argo.rollout import duration_seconds
from ktui.sim.controllers.argo.runs import phase_of
from ktui.sim.controllers.argo.status import is_over
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.events import EventRecorder
from ktui.sim.kernel import seconds_of
from ktui.sim.storage import Key

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
RETRY_SECONDS = 10.0
"""After an error, whatever the interval of the metric."""
ERROR_LIMIT = 4
HISTORY = 10
_WORST = ("Successful", "Pending", "Running", "Inconclusive", "Error", "Failed")


class AnalysisController:
    """Takes the measurements of every AnalysisRun."""

    def __init__(self, api: ApiServer, events: EventRecorder) -> None:
        self._api = api
        self._events = events
        self._resource = api.catalog.named("analysisruns")
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(self._resource).listen(lambda change: self._queue.add(change.key))
        for key in api.bucket(self._resource).objects:
            self._queue.add(key)

    def _reconcile(self, key: Key) -> None:
        run = self._api.bucket(self._resource).get(*key)
        if run is None or is_over(phase_of(run)):
            return
        measurement = _Measurement(run, self._api.kernel.now, self._api.kernel.stamp())
        status = measurement.take()
        for name, phase in measurement.ended:
            self._tell(run, f"Metric{phase}", f"Metric '{name}' Completed. Result: {phase}")
        if is_over(status["phase"]):
            self._tell(run, f"AnalysisRun{status['phase']}", f"Analysis Completed. Result: {status['phase']}")
        if status != run.get("status"):
            self._api.set_spec(self._resource, run, run | {"status": status}, manager=MANAGER)
        if (seconds := measurement.next_in()) is not None and not is_over(status["phase"]):
            self._queue.add_after(key, seconds)

    def _tell(self, run: JSON, reason: str, message: str) -> None:
        bad = reason.endswith(("Failed", "Error"))
        self._events.event(run, "Warning" if bad else "Normal", reason, message)


class _Measurement:
    """One look at one run."""

    def __init__(self, run: JSON, now: float, stamp: str) -> None:
        self._spec = run["spec"]
        self._status: JSON = copy.deepcopy(run.get("status") or {})
        self._now = now
        self._stamp = stamp
        self._results: list[JSON] = self._status.get("metricResults") or []
        self.ended: list[tuple[str, str]] = []
        """The metrics that came to their end with this look, and how."""

    @property
    def _metrics(self) -> list[JSON]:
        return self._spec.get("metrics") or []

    @property
    def _stops(self) -> bool:
        """Whether no more is measured: someone ended the run, or a metric has failed already."""
        bad = ("Failed", "Error", "Inconclusive")
        return bool(self._spec.get("terminate")) or any(each["phase"] in bad for each in self._results)

    def _result(self, metric: JSON) -> JSON | None:
        return next((each for each in self._results if each["name"] == metric["name"]), None)

    def take(self) -> JSON:
        """The status after what is due now was measured."""
        stops = self._stops
        for metric in self._metrics:
            due = self._due(metric)
            if not stops and due is not None and due <= self._now:
                self._measure(metric)
        self._status.setdefault("startedAt", self._stamp)
        phase, message = self._assess()
        self._status["metricResults"] = self._results
        self._status["dryRunSummary"] = {}
        if phase != self._status.get("phase"):
            self._status["phase"] = phase
            if message:
                self._status["message"] = message
            if is_over(phase):
                self._status["completedAt"] = self._stamp
        return {name: value for name, value in self._status.items() if value or name in ("phase", "dryRunSummary")}

    def next_in(self) -> float | None:
        """In how many seconds the next measurement is due."""
        coming = [due - self._now for metric in self._metrics if (due := self._due(metric)) is not None]
        return max(0.0, min(coming)) + 0.001 if coming else None

    def _due(self, metric: JSON) -> float | None:
        """When the next measurement of a metric is due; None where there is none to come."""
        result = self._result(metric)
        if result is None:
            started = self._status.get("startedAt")
            delay = duration_seconds(metric.get("initialDelay") or 0)
            return self._now if not delay else (seconds_of(started) if started else self._now) + delay
        last = result["measurements"][-1]
        if is_over(result["phase"]):
            return None
        count = _count(metric)
        if count is not None and result.get("count", 0) >= count:
            return None
        if last["phase"] == "Error":
            return seconds_of(last["finishedAt"]) + RETRY_SECONDS
        return seconds_of(last["finishedAt"]) + duration_seconds(metric.get("interval") or 0)

    def _measure(self, metric: JSON) -> None:
        result = self._result(metric)
        if result is None:
            result = {"name": metric["name"], "phase": "Running", "measurements": []}
            self._results.append(result)
        number = result.get("count", 0) + result.get("error", 0)
        made: JSON = {"startedAt": self._stamp, "finishedAt": self._stamp}
        try:
            value, text = measured(metric, number)
            made |= {"value": text, "phase": verdict(metric, value)}
        except NoValueError as error:
            made |= {"phase": "Error", "message": str(error)}
        result["measurements"] = [*result["measurements"], made][-HISTORY:]
        _count_up(result, made["phase"])

    def _assess(self) -> tuple[str, str]:
        """The phase of the run, and why; the phases of its metrics are brought up to date."""
        stops = self._stops
        worst, message = "", "Run Terminated" if self._spec.get("terminate") else ""
        everything, summary = True, {"count": len(self._metrics)}
        for metric in self._metrics:
            result = self._result(metric)
            if result is None:
                everything = False
                continue
            phase, why = _phase(metric, result, stops=stops)
            if phase != result["phase"]:
                result["phase"] = phase
                if words := result["measurements"][-1].get("message"):
                    result["message"] = words
                if is_over(phase):
                    self.ended.append((metric["name"], phase))
                stops = stops or phase in ("Failed", "Error", "Inconclusive")
            if not is_over(phase):
                everything = False
                continue
            summary[phase.lower()] = summary.get(phase.lower(), 0) + 1
            if not worst or _WORST.index(phase) > _WORST.index(worst):
                worst = phase
                if why:
                    message = f'Metric "{metric["name"]}" assessed {phase} due to {why}'
                    if result.get("message"):
                        message += f': "Error Message: {result["message"]}"'
        self._status["runSummary"] = summary
        if stops:
            return worst or "Successful", message
        return (worst, message) if everything and worst else ("Running", "")


def _count(metric: JSON) -> int | None:
    """How often a metric is measured; None: for as long as the run lasts."""
    found = metric.get("count")
    if found is not None and int(found) > 0:
        return int(found)
    return None if metric.get("interval") else 1


def _count_up(result: JSON, phase: str) -> None:
    result[phase.lower()] = result.get(phase.lower(), 0) + 1
    if phase == "Error":
        result["consecutiveError"] = result.get("consecutiveError", 0) + 1
        result.pop("consecutiveSuccess", None)
        return
    result["count"] = result.get("count", 0) + 1
    result.pop("consecutiveError", None)
    if phase == "Successful":
        result["consecutiveSuccess"] = result.get("consecutiveSuccess", 0) + 1
    else:
        result.pop("consecutiveSuccess", None)


def _phase(metric: JSON, result: JSON, *, stops: bool) -> tuple[str, str]:
    """The phase of a metric, and why it is no success."""
    phase, why = "", ""
    for name, word, counter, unless in (
        ("failureLimit", "failed", "failed", 0),
        ("inconclusiveLimit", "inconclusive", "inconclusive", 0),
        ("consecutiveErrorLimit", "consecutiveErrors", "consecutiveError", ERROR_LIMIT),
    ):
        limit, has = int(metric.get(name, unless)), result.get(counter, 0)
        if has > limit >= 0:
            phase = {"failed": "Failed", "inconclusive": "Inconclusive"}.get(counter, "Error")
            why = f"{word} ({has}) > {name} ({limit})"
    if is_over(result["phase"]):
        return result["phase"], why
    if phase:
        return phase, why
    count = _count(metric)
    if stops or (count is not None and result.get("count", 0) >= count):
        return "Successful", ""
    return "Running", ""
