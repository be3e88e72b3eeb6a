"""Who deployed this, and will a change by hand survive? (SEMANTICS.md, last table)"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ktui.model.workloads import Workload
from ktui.text import clean


class Provenance(msgspec.Struct, frozen=True):
    """The tool that owns a Deployment, which of its things, and what will undo a change made by hand."""

    tool: str
    owner: str
    undone_by: str
    heals: bool
    """Whether the tool puts its own version back by itself, without a new deployment."""

    @property
    def sentence(self) -> str:
        """A warning for a person who is about to change the Deployment."""
        return f"{self.tool} ({self.owner}) deployed this: {self.undone_by} will undo a change made by hand."


def provenance(workload: Workload) -> Provenance | None:
    """The owner that the Deployment's labels and annotations name; None where there is no mark."""
    return marked(workload.metadata.labels, workload.metadata.annotations)


def marked(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Provenance | None:
    """The owner that these labels and annotations name; those of a revision tell who made it what it is."""
    found = _gitops(labels, annotations) or _pipeline(annotations)
    return msgspec.structs.replace(found, owner=clean(found.owner)) if found is not None else None


def _gitops(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Provenance | None:
    tracking = annotations.get("argocd.argoproj.io/tracking-id")
    app = tracking.partition(":")[0] if tracking is not None else _older_argocd(labels)
    if app:
        return Provenance("Argo CD", app, "its self-heal, within seconds, or its next sync", heals=True)
    for kind in ("kustomize", "helm"):
        name = labels.get(f"{kind}.toolkit.fluxcd.io/name")
        if name is not None:
            namespace = labels.get(f"{kind}.toolkit.fluxcd.io/namespace", "")
            owner = f"{namespace}/{name}" if namespace else name
            return Provenance("Flux", owner, "its next reconciliation", heals=True)
    return None


def _pipeline(annotations: Mapping[str, str]) -> Provenance | None:
    release = annotations.get("meta.helm.sh/release-name")
    if release is not None:
        namespace = annotations.get("meta.helm.sh/release-namespace", "")
        owner = f"{namespace}/{release}" if namespace else release
        return Provenance("Helm", owner, "the next upgrade", heals=False)
    application = annotations.get("moniker.spinnaker.io/application")
    if application is not None:
        return Provenance("Spinnaker", application, "the next pipeline", heals=False)
    environment = annotations.get("app.gitlab.com/env")
    if environment is not None:
        app = annotations.get("app.gitlab.com/app", "")
        owner = f"{app}, env {environment}" if app else f"env {environment}"
        return Provenance("GitLab", owner, "the next job", heals=False)
    pipeline = annotations.get("azure-pipelines/pipeline")
    if pipeline is not None:
        run = annotations.get("azure-pipelines/run", "")
        return Provenance("Azure Pipelines", f"{pipeline} {run}".strip(), "the next run", heals=False)
    return None


def _older_argocd(labels: Mapping[str, str]) -> str:
    """The application, where only a label names it that others use too: managed-by must name Argo CD as well."""
    manager = labels.get("app.kubernetes.io/managed-by", "").lower()
    return labels.get("app.kubernetes.io/instance", "") if manager in ("argocd", "argo-cd") else ""
