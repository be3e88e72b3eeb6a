"""Who deployed this: the marks of SEMANTICS.md's last table."""

from __future__ import annotations

import pytest

from ktui.rollout.provenance import provenance
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
    ({}, {"azure-pipelines/pipeline": "deploy", "azure-pipelines/run": "42"}, "Azure Pipelines", "deploy 42", False),
]


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
