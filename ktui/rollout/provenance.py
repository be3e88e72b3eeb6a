"""Who deployed this, and will a change by hand survive? (docs/semantics.md, Owners)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

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
        return f"{self.name} deployed this: {self.undone_by} will undo a change made by hand."

    @property
    def name(self) -> str:
        """`Argo CD (shop)`, or the tool alone where nothing names its thing."""
        return f"{self.tool} ({self.owner})" if self.owner else self.tool


_ARGO: Final = ("Argo CD", "its self-heal, within seconds, or its next sync", True)
_FLUX: Final = ("Flux", "its next reconciliation", True)
_HELM: Final = ("Helm", "the next upgrade", False)

_HEALERS: Final = {
    "argocd-controller": _ARGO,
    "argocd-application-controller": _ARGO,
    "kustomize-controller": _FLUX,
    "helm-controller": _FLUX,
    "configsync.gke.io": ("Config Sync", "its next reconciliation, within seconds", True),
    "crossplane": ("Crossplane", "its next reconciliation", True),
    "provider-kubernetes": ("Crossplane", "its next reconciliation", True),
    "kapp-controller": ("kapp-controller", "its next reconciliation", True),
}
"""Field managers of tools that put their own version back by themselves: their names up to a `/` or a `-` and more.

Sources: the constants of Argo CD (`argocd-controller`), Flux, Config Sync, Crossplane's provider-kubernetes and kapp.
"""

_DEPLOYERS: Final = {
    "fleetagent": ("Rancher Fleet", "the next deployment of its bundle, or its drift correction", False),
    "fleet-agent": ("Rancher Fleet", "the next deployment of its bundle, or its drift correction", False),
    "helm": _HELM,
    "kapp": ("kapp", "the next kapp deploy", False),
    "pulumi-kubernetes": ("Pulumi", "the next pulumi up", False),
    "pulumi": ("Pulumi", "the next pulumi up", False),
    "terraform": ("Terraform", "the next terraform apply", False),
    "hashicorp": ("Terraform", "the next terraform apply", False),
    "werf": ("werf", "the next werf converge", False),
}
"""Field managers of tools that wait for a person, or a pipeline. Helm 4 applies on the server, as `helm`; Terraform's
provider is `Terraform` for kubernetes_manifest, and `HashiCorp` for its own resources."""

_PLAIN: Final = frozenset(
    {"kubectl", "kubectl-client-side-apply", "kubectl-apply", "kubectl-replace", "helm", "clouddriver"}
)
"""Field managers behind which a pipeline's job may stand: what it calls."""


def provenance(workload: Workload) -> Provenance | None:
    """The owner that labels, annotations and field managers of the pod template name; None where there is no mark."""
    meta = workload.metadata
    managers = tuple(entry.manager for entry in meta.managed_fields)
    return marked(meta.labels, meta.annotations, managers)


def marked(
    labels: Mapping[str, str], annotations: Mapping[str, str], managers: Sequence[str] = ()
) -> Provenance | None:
    """The owner that these labels and annotations name; those of a revision tell who made it what it is.

    What heals comes first: a Helm chart that Argo CD or Flux deploys has marks of both. `managers` are those that own a
    part of the template: one that heals is believed before marks that tools copy from each other, any other after them.
    """
    found = (
        _gitops(labels, annotations)
        or _managing(managers, _healer, labels)
        or _pipeline(labels, annotations)
        or _managing(managers, _deployer, labels)
    )
    return msgspec.structs.replace(found, owner=clean(found.owner)) if found is not None else None


def writer_of(workload: Workload, owner: Provenance | None) -> str:
    """Who wrote the pod template last, in a word: the owner, where it is its hand, else the name of the field manager.

    A change by hand of what a tool owns is the hand's; `owner` is its provenance. Empty where the server keeps no
    managers.
    """
    newest = next(iter(workload.metadata.managed_fields), None)
    return named_writer(newest.manager, owner) if newest is not None else ""


def named_writer(manager: str, owner: Provenance | None) -> str:
    """The tool whose field manager that is; a pipeline's own is what its jobs call, `kubectl` and `helm`."""
    known = _healer(manager) or _deployer(manager)
    if owner is not None and known is None and manager.lower().startswith(f"{owner.tool.lower()}-"):
        # `gitlab-runner`, `jenkins-agent`: a part of the owner.
        return owner.tool
    if (
        owner is not None
        and not owner.heals
        and manager in _PLAIN
        and (known is None or known[0] in ("Helm", owner.tool))
    ):
        return owner.tool
    return known[0] if known is not None else clean(manager)


_Tool = tuple[str, str, bool]


@lru_cache(4096)
def _healer(manager: str) -> _Tool | None:
    return _tool_of(manager, _HEALERS)


@lru_cache(4096)
def _deployer(manager: str) -> _Tool | None:
    return _tool_of(manager, _DEPLOYERS)


def _tool_of(manager: str, tools: Mapping[str, _Tool]) -> _Tool | None:
    name = manager.lower()
    return next(
        (tool for start, tool in tools.items() if name == start or name.startswith((f"{start}-", f"{start}/"))), None
    )


def _managing(
    managers: Sequence[str], tool_of: Callable[[str], _Tool | None], labels: Mapping[str, str]
) -> Provenance | None:
    for manager in managers:
        tool = tool_of(manager)
        if tool is not None:
            name, undone_by, heals = tool
            owner = labels.get("app.kubernetes.io/instance", "") if tool in (_ARGO, _HELM) else ""
            return Provenance(name, owner, undone_by, heals=heals)
    return None


def _gitops(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Provenance | None:
    tracking = annotations.get("argocd.argoproj.io/tracking-id")
    app = tracking.partition(":")[0] if tracking is not None else _older_argocd(labels)
    if app or "argocd.argoproj.io/installation-id" in annotations:
        tool, undone_by, heals = _ARGO
        return Provenance(tool, app or labels.get("app.kubernetes.io/instance", ""), undone_by, heals=heals)
    for kind in ("kustomize", "helm"):
        name = labels.get(f"{kind}.toolkit.fluxcd.io/name")
        if name is not None:
            tool, undone_by, heals = _FLUX
            owner = _qualified(labels.get(f"{kind}.toolkit.fluxcd.io/namespace", ""), name)
            return Provenance(tool, owner, undone_by, heals=heals)
    if annotations.get("configmanagement.gke.io/managed") == "enabled":
        tool, undone_by, heals = _HEALERS["configsync.gke.io"]
        return Provenance(tool, "", undone_by, heals=heals)
    return None


def _pipeline(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Provenance | None:
    bundle = annotations.get("objectset.rio.cattle.io/id")
    if bundle is not None:
        tool, undone_by, heals = _DEPLOYERS["fleetagent"]
        return Provenance(tool, bundle, undone_by, heals=heals)
    release = annotations.get("meta.helm.sh/release-name")
    if release is not None:
        tool, undone_by, heals = _HELM
        owner = _qualified(annotations.get("meta.helm.sh/release-namespace", ""), release)
        return Provenance(tool, owner, undone_by, heals=heals)
    if "kapp.k14s.io/identity" in annotations or "kapp.k14s.io/app" in labels:
        tool, undone_by, heals = _DEPLOYERS["kapp"]
        return Provenance(tool, "", undone_by, heals=heals)
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


def _qualified(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _older_argocd(labels: Mapping[str, str]) -> str:
    """The application, where only a label names it that others use too: managed-by must name Argo CD as well."""
    manager = labels.get("app.kubernetes.io/managed-by", "").lower()
    return labels.get("app.kubernetes.io/instance", "") if manager in ("argocd", "argo-cd") else ""
