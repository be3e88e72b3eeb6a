"""What a person is warned of before a canary."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.policies import Autoscaler, Budget, Quota, Selector
from ktui.plans.request import Canary, Promote
from tests.plans.builders import complete, deployment, made, replicaset, template
from tests.plans.held import canary, held
from tests.plans.planned import planned

JSON = dict[str, Any]


def warned(request: Canary | Promote, on: DeploymentSubject, **surroundings: Any) -> list[str]:
    return list(planned(request, msgspec.structs.replace(on, **surroundings)).warnings)


def test_warned_of_an_autoscaler() -> None:
    assert warned(canary(), complete(), autoscalers=(Autoscaler("cart", 2, 9),)) == [
        "The HorizontalPodAutoscaler cart (2 to 9 pods) may scale it while it is held: the canary then grows or "
        "shrinks in proportion."
    ]


def test_warned_of_an_owner_that_heals() -> None:
    on = complete(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/cart"})
    assert warned(canary(), on) == [
        "Argo CD (shop) deployed this: its self-heal, within seconds, or its next sync will undo a change made by "
        "hand.",
        "If Argo CD heals this Deployment, it ends the hold early.",
    ]


@pytest.mark.parametrize(
    ("hard", "used", "said"),
    [
        ({"pods": "5"}, {"pods": "4"}, "pods 4 of 5 is used, so 1 would start"),
        ({"pods": "4"}, {"pods": "4"}, "pods 4 of 4 is used, so none would start"),
        ({"requests.cpu": "1"}, {"requests.cpu": "800m"}, "requests.cpu 800m of 1 is used, so none would start"),
        ({"limits.memory": "1Gi"}, {"limits.memory": "800Mi"}, "limits.memory 800Mi of 1Gi is used, so 1 would start"),
        ({"pods": "6"}, {"pods": "4"}, ""),
        ({"requests.storage": "0"}, {}, ""),
        ({"cpu": "unreadable"}, {}, ""),
    ],
)
def test_warned_of_a_quota_without_room_for_the_surge(hard: JSON, used: JSON, said: str) -> None:
    limited = template()
    limits = {"cpu": "250m", "memory": "128Mi"}
    limited["spec"]["containers"][0]["resources"] = {"limits": limits}
    on = made(deployment(limited), replicaset(31, limited, count=4))
    found = warned(canary("2"), on, quotas=(Quota("compute", hard, used),))
    if not said:
        assert found == []
        return
    assert found == [
        f"The quota compute has no room for 2 extra pods: {said}. Without surge the canary needs no extra pod."
    ]
    assert warned(canary("2", surge=False), on, quotas=(Quota("compute", hard, used),)) == []


def test_warned_of_a_disruption_budget() -> None:
    budgets = (
        Budget("cart", Selector({"app": "cart"}), "minAvailable 80%"),
        Budget("web", Selector({"app": "web"}), "minAvailable 1"),
    )
    assert warned(canary("2"), complete(), budgets=budgets) == [
        "The PodDisruptionBudget cart (minAvailable 80%) counts the canary too: while it is held, a drain may take "
        "2 old pods more than usual."
    ]
    assert warned(canary("2", surge=False), complete(), budgets=budgets) == [
        "The PodDisruptionBudget cart (minAvailable 80%) limits evictions, not rollouts: it does not keep 2 old pods "
        "from being replaced, and new pods that are not ready count against it."
    ]


def test_warned_of_a_disruption_budget_that_covers_every_pod() -> None:
    """In policy/v1 an empty selector chooses all pods of the namespace."""
    (said,) = warned(canary("2"), complete(), budgets=(Budget("all", Selector(), "minAvailable 1"),))
    assert said.startswith("The PodDisruptionBudget all (minAvailable 1) counts the canary too")


def test_warned_of_a_canary_that_is_not_ready() -> None:
    on = held()
    raws = list(on.raw_revisions.values())
    raws[0]["status"]["readyReplicas"] = 1
    assert warned(Promote(), made(on.raw, *raws)) == ["Only 1 of the 2 pods held now are ready."]
