"""AnalysisRuns and Experiments, with the fields that ktui reads and no others; see `objects` for the rest."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.argo_rollout.objects import IntOrText
from ktui.model.objects import Meta
from ktui.model.structs import Struct


class Metric(Struct, frozen=True):
    """What is measured, and what becomes of the values. Numbers may be arguments that are not filled in yet."""

    name: str
    interval: str = ""
    count: IntOrText | None = None
    success_condition: str = ""
    failure_condition: str = ""
    failure_limit: IntOrText | None = None
    inconclusive_limit: IntOrText | None = None
    consecutive_error_limit: IntOrText | None = None


class DryRun(Struct, frozen=True):
    """A metric that decides nothing."""

    metric_name: str = ""


class AnalysisRunSpec(Struct, frozen=True):
    """What is analysed. Arguments are not kept: they may be secrets."""

    metrics: tuple[Metric, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    terminate: bool = False


class Measurement(Struct, frozen=True):
    """One value of a metric, and what it was taken for."""

    phase: str = ""
    value: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class MetricResult(Struct, frozen=True):
    """How a metric did so far."""

    name: str
    phase: str = ""
    message: str = ""
    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    dry_run: bool = False
    measurements: tuple[Measurement, ...] = ()
    """The last ones: the controller keeps ten of each metric unless the run says otherwise."""


class AnalysisRunStatus(Struct, frozen=True):
    """What the controller last reported."""

    phase: str = ""
    message: str = ""
    metric_results: tuple[MetricResult, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None


class AnalysisRun(Struct, frozen=True):
    """argoproj.io/v1alpha1 AnalysisRun: of a Rollout, of an Experiment, or of nobody."""

    metadata: Meta
    spec: AnalysisRunSpec = AnalysisRunSpec()
    status: AnalysisRunStatus = AnalysisRunStatus()


class ExperimentTemplate(Struct, frozen=True):
    """One of the templates that run side by side."""

    name: str
    replicas: int | None = None


class ExperimentSpec(Struct, frozen=True):
    """What is tried out, and for how long."""

    templates: tuple[ExperimentTemplate, ...] = ()
    duration: str = ""
    terminate: bool = False


class TemplateStatus(Struct, frozen=True):
    """How the pods of one template are doing."""

    name: str
    replicas: int = 0
    available_replicas: int = 0
    status: str = ""
    message: str = ""


class ExperimentStatus(Struct, frozen=True):
    """What the controller last reported."""

    phase: str = ""
    message: str = ""
    template_statuses: tuple[TemplateStatus, ...] = ()
    available_at: datetime | None = None


class Experiment(Struct, frozen=True):
    """argoproj.io/v1alpha1 Experiment."""

    metadata: Meta
    spec: ExperimentSpec = ExperimentSpec()
    status: ExperimentStatus = ExperimentStatus()
