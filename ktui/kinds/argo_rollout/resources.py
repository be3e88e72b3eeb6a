"""Where the API has the objects of Argo Rollouts."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.analysis_objects import AnalysisRun, Experiment
from ktui.kinds.argo_rollout.jobs import OF_RUN, Job
from ktui.kinds.argo_rollout.objects import ISTIO, ArgoRollout
from ktui.kinds.argo_rollout.routes import VirtualService
from ktui.model.resources import Resource

GROUP: Final = "argoproj.io"

ROLLOUTS: Final = Resource(
    GROUP,
    "v1alpha1",
    "rollouts",
    ArgoRollout,
    names=("rollout", "ro"),
    short="ro",
    kind="Rollout",
    title="Argo Rollout",
    steered_by="status",
)
ANALYSIS_RUNS: Final = Resource(GROUP, "v1alpha1", "analysisruns", AnalysisRun)
EXPERIMENTS: Final = Resource(GROUP, "v1alpha1", "experiments", Experiment)
JOBS: Final = Resource("batch", "v1", "jobs", Job, labelled=OF_RUN)
"""Those that measure for an analysis, and no others: a cluster may have many."""
VIRTUAL_SERVICES: Final = Resource(ISTIO, "v1", "virtualservices", VirtualService)
