"""The Jobs that measure for an analysis, with the fields that ktui reads and no others.

`newMetricJob` of metricproviders/job of argoproj/argo-rollouts: a Job belongs to its AnalysisRun, and so do its pods.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ktui.model.objects import Condition, Pod, ReplicaSetMeta
from ktui.model.structs import Struct

OF_RUN: Final = "analysisrun.argoproj.io/uid"
"""The label of such a Job, and of its pods."""
METRIC: Final = "analysisrun.argoproj.io/metric-name"
"""The annotation that names the metric."""


class JobStatus(Struct, frozen=True):
    """What the controller of Jobs last reported."""

    conditions: tuple[Condition, ...] = ()


class Job(Struct, frozen=True):
    """batch/v1 Job."""

    metadata: ReplicaSetMeta
    status: JobStatus = JobStatus()


class JobOfRun(msgspec.Struct, frozen=True):
    """One Job with its pods."""

    job: Job
    pods: tuple[Pod, ...]

    @property
    def run_uid(self) -> str:
        """The AnalysisRun for which it measures."""
        owner = self.job.metadata.controller
        return owner.uid if owner is not None else ""

    @property
    def metric(self) -> str:
        """The metric, as the AnalysisRun has it. It is not cleaned."""
        return self.job.metadata.annotations.get(METRIC, "")
