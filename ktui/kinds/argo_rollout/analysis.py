"""AnalysisRuns and Experiments: what each metric measured, and what that was taken for.

How a metric is judged: `assessMetricStatus` and `assessMetricFailureInconclusiveOrError` of analysis/analysis.go of
argoproj/argo-rollouts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.argo_rollout.analysis_objects import AnalysisRun, Experiment, Metric, MetricResult
from ktui.kinds.argo_rollout.objects import REVISION, IntOrText
from ktui.text import clean, count

SUCCESSFUL: Final = "Successful"
FAILED: Final = "Failed"
ERROR: Final = "Error"
INCONCLUSIVE: Final = "Inconclusive"

_DEFAULT_ERRORS: Final = 4
"""`consecutiveErrorLimit` where nothing is said (`defaults.DefaultConsecutiveErrorLimit`)."""


class MetricView(msgspec.Struct, frozen=True):
    """One metric of an analysis as people read it. Counts are of measurements."""

    name: str
    phase: str
    successful: int
    failed: int
    inconclusive: int
    error: int
    consecutive_error: int
    measured: int
    """How many values have been taken."""
    wanted: int | None
    """How many are to be taken; None where it goes on until it is stopped, or that is not known."""
    value: str
    """The last value that was taken; empty for none."""
    condition: str
    """What the value has to meet, as it is written: `result[0] < 0.05`, or `not result > 3` for what it must not."""
    limit: str
    """What is allowed: `at most 1 may fail`."""
    message: str
    decides: bool
    """Whether it counts; a dry run does not."""


class RunView(msgspec.Struct, frozen=True):
    """One AnalysisRun."""

    name: str
    uid: str
    role: str
    """What started it: `Step`, `Background`, `PrePromotion`, `PostPromotion`, or empty for an Experiment's."""
    revision: int
    phase: str
    message: str
    metrics: tuple[MetricView, ...]
    started: datetime | None
    ended: datetime | None
    terminated: bool
    """Whether someone has asked for its end."""

    @property
    def is_over(self) -> bool:
        """Whether it has a result."""
        return self.phase in _OVER


class ExperimentView(msgspec.Struct, frozen=True):
    """One Experiment."""

    name: str
    uid: str
    revision: int
    phase: str
    message: str
    templates: tuple[tuple[str, int, int, str], ...]
    """Name, available pods, pods, status of each template that runs beside the others."""
    runs: tuple[RunView, ...]
    started: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has a result."""
        return self.phase in _OVER


_OVER: Final = (SUCCESSFUL, FAILED, ERROR, INCONCLUSIVE)

ROLE: Final = "rollout-type"
"""The label of an AnalysisRun that says what started it."""


def runs_of(runs: Iterable[AnalysisRun], owner: str) -> tuple[RunView, ...]:
    """The AnalysisRuns of that Rollout or Experiment, the newest revision first, as the plugin lists them."""
    own = [run for run in runs if any(reference.uid == owner for reference in run.metadata.owner_references)]
    own.sort(key=lambda run: run.metadata.name, reverse=True)
    own.sort(key=lambda run: (-_revision(run), _stamp(run.metadata.creation_timestamp)))
    return tuple(map(run_view, own))


def experiments_of(
    experiments: Iterable[Experiment], runs: Sequence[AnalysisRun], owner: str
) -> tuple[ExperimentView, ...]:
    """The Experiments of that Rollout with their AnalysisRuns, the newest revision first."""
    own = [each for each in experiments if any(ref.uid == owner for ref in each.metadata.owner_references)]
    own.sort(key=lambda each: (-_revision(each), _stamp(each.metadata.creation_timestamp), each.metadata.name))
    return tuple(_experiment_view(each, runs) for each in own)


def run_view(run: AnalysisRun) -> RunView:
    """An AnalysisRun as people read it. Metrics that were not measured yet are there too."""
    results = {result.name: result for result in run.status.metric_results}
    dry = {each.metric_name for each in run.spec.dry_run}
    every_dry = "*" in dry  # a pattern of the controller, whose only common use is this
    views = [
        _metric_view(metric, results.get(metric.name), is_dry=every_dry or metric.name in dry)
        for metric in run.spec.metrics
    ]
    return RunView(
        name=clean(run.metadata.name),
        uid=run.metadata.uid,
        role=clean(run.metadata.labels.get(ROLE, "")),
        revision=_revision(run),
        phase=clean(run.status.phase),
        message=clean(run.status.message),
        metrics=tuple(views),
        started=run.status.started_at or run.metadata.creation_timestamp,
        ended=run.status.completed_at,
        terminated=run.spec.terminate,
    )


def verdict_on(run: RunView) -> str:
    """Which metric decided, on which value against which condition, and how often: one sentence; empty for none."""
    bad = next((m for m in run.metrics if m.decides and m.phase in (FAILED, ERROR, INCONCLUSIVE)), None)
    if bad is None:
        return ""
    if bad.phase == ERROR:
        times = f", {count(bad.consecutive_error, 'time')} in a row" if bad.consecutive_error else ""
        return f"{bad.name} could not be measured{times}"
    often = bad.failed if bad.phase == FAILED else bad.inconclusive
    value = f"was {bad.value}" if bad.value else bad.phase.lower()
    against = f" against {bad.condition}" if bad.condition else ""
    return f"{bad.name} {value}{against}, {often} of {count(bad.measured, 'time')}"


def _metric_view(metric: Metric, result: MetricResult | None, *, is_dry: bool) -> MetricView:
    known = result or MetricResult(metric.name)
    last = known.measurements[-1] if known.measurements else None
    conditions = [
        word + " ".join(condition.split())
        for word, condition in (("", metric.success_condition), ("not ", metric.failure_condition))
        if condition
    ]
    wanted = _number(metric.count)
    return MetricView(
        name=clean(metric.name),
        phase=clean(known.phase or "Pending"),
        successful=known.successful,
        failed=known.failed,
        inconclusive=known.inconclusive,
        error=known.error,
        consecutive_error=known.consecutive_error,
        measured=known.successful + known.failed + known.inconclusive,
        wanted=wanted if wanted else (None if metric.interval else 1),
        value=clean(last.value) if last is not None else "",
        condition=clean(" and ".join(conditions)),
        limit=_limit(metric, known),
        message=clean(known.message or (last.message if last is not None else "")),
        decides=not (is_dry or known.dry_run),
    )


def _limit(metric: Metric, result: MetricResult) -> str:
    if result.phase == ERROR or (result.consecutive_error and not result.failed):
        most = _DEFAULT_ERRORS if metric.consecutive_error_limit is None else _number(metric.consecutive_error_limit)
        return f"at most {most} in a row are allowed" if most is not None else ""
    if result.phase == INCONCLUSIVE or (result.inconclusive and not result.failed):
        most = _number(metric.inconclusive_limit) if metric.inconclusive_limit is not None else 0
        return f"at most {most} may be inconclusive" if most is not None else ""
    most = _number(metric.failure_limit) if metric.failure_limit is not None else 0
    if most is None:
        return ""
    return "failures are not counted" if most < 0 else f"at most {most} may fail"


def _number(value: IntOrText | None) -> int | None:
    """A number that may be written as a text; None where it is an argument that is not filled in, or nothing."""
    if isinstance(value, int):
        return value
    if value is None or not (value.isascii() and value.removeprefix("-").isdecimal() and len(value) < 10):
        return None
    return int(value)


def _experiment_view(experiment: Experiment, runs: Sequence[AnalysisRun]) -> ExperimentView:
    return ExperimentView(
        name=clean(experiment.metadata.name),
        uid=experiment.metadata.uid,
        revision=_revision(experiment),
        phase=clean(experiment.status.phase),
        message=clean(experiment.status.message),
        templates=tuple(
            (clean(each.name), each.available_replicas, each.replicas, clean(each.status))
            for each in experiment.status.template_statuses
        ),
        runs=runs_of(runs, experiment.metadata.uid),
        started=experiment.status.available_at or experiment.metadata.creation_timestamp,
    )


def _revision(owned: AnalysisRun | Experiment) -> int:
    text = owned.metadata.annotations.get(REVISION, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0
