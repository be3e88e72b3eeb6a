"""Who deployed this: the marks of docs/semantics.md, Owners."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.model.workloads import Workload
from ktui.rollout.provenance import provenance, writer_of
from tests.recorded import deployment

MARKS: list[tuple[dict[str, str], dict[str, str], str, str, bool]] = [
    ({}, {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/cart"}, "Argo CD", "shop", True),
    (
        {"app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "argocd"},
        {},
        "Argo CD",
        "shop",
        True,
    ),
    (
        {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
        {},
        "Flux",
        "flux-system/apps",
        True,
    ),
    # Flux installs with Helm, and leaves both marks: it is Flux that heals.
    (
        {"helm.toolkit.fluxcd.io/name": "cart", "helm.toolkit.fluxcd.io/namespace": "shop"},
        {"meta.helm.sh/release-name": "cart"},
        "Flux",
        "shop/cart",
        True,
    ),
    (
        {"app.kubernetes.io/instance": "cart", "app.kubernetes.io/managed-by": "Helm"},
        {"meta.helm.sh/release-name": "cart", "meta.helm.sh/release-namespace": "shop"},
        "Helm",
        "shop/cart",
        False,
    ),
    ({}, {"moniker.spinnaker.io/application": "shop"}, "Spinnaker", "shop", False),
    ({}, {"app.gitlab.com/app": "shop-cart", "app.gitlab.com/env": "prod"}, "GitLab", "shop-cart, env prod", False),
    ({}, {"objectset.rio.cattle.io/id": "default-shop"}, "Rancher Fleet", "default-shop", False),
    ({}, {"azure-pipelines/pipeline": "deploy", "azure-pipelines/run": "42"}, "Azure Pipelines", "deploy 42", False),
]


def managed(*managers: str, **meta: Any) -> Workload:
    """A Deployment whose template these managers own a part of, the last writer last."""
    fields: dict[str, Any] = {"f:spec": {"f:template": {"f:spec": {}}}}
    entries = [
        {"manager": manager, "operation": "Update", "time": f"2026-11-23T12:00:{second:02}Z", "fieldsV1": fields}
        for second, manager in enumerate(managers)
    ]
    status = {"manager": "kube-controller-manager", "time": "2026-11-23T13:00:00Z", "fieldsV1": {"f:status": {}}}
    return deployment(
        {"metadata": {"name": "cart", "managedFields": [*entries, status], **meta}, "spec": {"template": {}}}
    )


def written_by(workload: Workload) -> str:
    return writer_of(workload, provenance(workload))


@pytest.mark.parametrize(
    ("manager", "tool", "heals"),
    [
        ("argocd-controller", "Argo CD", True),
        ("argocd-application-controller", "Argo CD", True),
        ("kustomize-controller", "Flux", True),
        ("helm-controller", "Flux", True),
        ("crossplane-kubernetes-provider", "Crossplane", True),
        ("configsync.gke.io", "Config Sync", True),
        ("fleetagent", "Rancher Fleet", False),
        ("helm", "Helm", False),
        ("Helm", "Helm", False),
        ("kapp-server", "kapp", False),
        ("pulumi-kubernetes-3f2a", "Pulumi", False),
        ("Terraform", "Terraform", False),
        ("HashiCorp", "Terraform", False),
    ],
)
def test_a_field_manager_is_a_mark_and_a_change_by_hand_does_not_take_it_away(
    manager: str, tool: str, heals: bool
) -> None:
    for workload in (managed(manager), managed(manager, "kubectl-set")):
        found = provenance(workload)
        assert found is not None
        assert (found.tool, found.heals) == (tool, heals)
        assert found.sentence.startswith(f"{tool} deployed this: ")
    assert written_by(managed(manager)) == tool
    assert written_by(managed(manager, "kubectl-set")) == "kubectl-set"


def test_argo_cd_that_tracks_by_the_label_alone_is_known_by_its_field_manager() -> None:
    labels = {"app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "Helm"}
    helm = {"meta.helm.sh/release-name": "shop"}
    found = provenance(managed("argocd-controller", labels=labels, annotations=helm))
    assert found is not None
    assert (found.tool, found.owner, found.heals) == ("Argo CD", "shop", True)
    assert "self-heal" in found.sentence
    assert provenance(managed("kubectl", labels={"app.kubernetes.io/instance": "shop"})) is None


@pytest.mark.parametrize(
    ("annotations", "manager", "writer"),
    [
        ({"meta.helm.sh/release-name": "cart"}, "helm", "Helm"),
        ({"meta.helm.sh/release-name": "cart"}, "kubectl-set", "kubectl-set"),
        ({"meta.helm.sh/release-name": "cart"}, "ktui", "ktui"),
        ({"app.gitlab.com/env": "prod"}, "kubectl-client-side-apply", "GitLab"),
        ({"app.gitlab.com/env": "prod"}, "helm", "GitLab"),
        ({"app.gitlab.com/env": "prod"}, "gitlab-runner", "GitLab"),
        ({}, "gitlab-runner", "gitlab-runner"),
        ({"app.gitlab.com/env": "prod"}, "ktui", "ktui"),
        ({"app.gitlab.com/env": "prod"}, "kubectl-edit", "kubectl-edit"),
        ({"argocd.argoproj.io/tracking-id": "shop:apps/x"}, "kubectl-client-side-apply", "kubectl-client-side-apply"),
        ({}, "kubectl-rollout", "kubectl-rollout"),
    ],
)
def test_who_wrote_the_template_is_another_question_than_whose_it_is(
    annotations: dict[str, str], manager: str, writer: str
) -> None:
    assert written_by(managed(manager, annotations=annotations)) == writer


@pytest.mark.parametrize(("labels", "annotations", "tool", "owner", "heals"), MARKS)
def test_each_mark(labels: dict[str, str], annotations: dict[str, str], tool: str, owner: str, heals: bool) -> None:
    meta = {"name": "cart", "labels": labels, "annotations": annotations}
    found = provenance(deployment({"metadata": meta, "spec": {"template": {}}}))
    assert found is not None
    assert (found.tool, found.owner, found.heals) == (tool, owner, heals)
    assert found.sentence.startswith(f"{tool} ({owner}) deployed this: ")


@pytest.mark.parametrize(
    ("labels", "annotations"),
    [
        ({}, {}),
        ({"app.kubernetes.io/instance": "cart"}, {"kubernetes.io/change-cause": "by hand"}),
        ({"app.kubernetes.io/instance": "cart", "app.kubernetes.io/managed-by": "kustomize"}, {}),
    ],
)
def test_without_a_mark_nobody_is_blamed(labels: dict[str, str], annotations: dict[str, str]) -> None:
    meta = {"name": "cart", "labels": labels, "annotations": annotations}
    assert provenance(deployment({"metadata": meta, "spec": {"template": {}}})) is None


def test_the_owner_is_fit_for_a_screen() -> None:
    meta = {"name": "cart", "annotations": {"meta.helm.sh/release-name": "x\x1b[2J\u202e"}}
    found = provenance(deployment({"metadata": meta, "spec": {"template": {}}}))
    assert found is not None
    assert found.sentence.isprintable()
