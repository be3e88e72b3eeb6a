"""What a pod takes as scheduler and quotas count it, what quotas leave, and whether that is enough."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.deployment.demand import demand_of
from ktui.kube.policies import defaults_in, quotas_in
from ktui.model.policies import Quota
from ktui.model.template import Amounts, PodTemplate, Resources
from ktui.rollout.capacity.footprint import Footprint, footprint
from ktui.rollout.capacity.quota import Demand, rooms
from ktui.sim.controllers.quota import usage
from tests.rollout.made import Made

JSON = dict[str, Any]
MI = Decimal(2**20)


def container(name: str = "web", *, requests: JSON | None = None, limits: JSON | None = None, **more: Any) -> JSON:
    resources = {"requests": requests, "limits": limits}
    return {"name": name, "resources": {k: v for k, v in resources.items() if v is not None}, **more}


def template(*containers: JSON, init: tuple[JSON, ...] = (), **spec: Any) -> PodTemplate:
    return PodTemplate({"spec": {"containers": list(containers), "initContainers": list(init), **spec}})


def cpu(*containers: JSON, init: tuple[JSON, ...] = (), **spec: Any) -> Decimal | None:
    return footprint(template(*containers, init=init, **spec)).amounts.get("requests.cpu")


def asks(amount: str, **more: Any) -> JSON:
    return container(requests={"cpu": amount}, **more)


@pytest.mark.parametrize(
    ("found", "cores"),
    [
        (cpu(asks("100m"), asks("200m")), "0.3"),
        (cpu(asks("100m"), container()), "0.1"),
        (cpu(container()), None),
        (cpu(container(limits={"cpu": "1"})), "1"),
        (cpu(asks("100m"), init=(asks("50m"),)), "0.1"),
        (cpu(asks("100m"), init=(asks("500m"), asks("300m"))), "0.5"),
        (cpu(asks("100m"), init=(asks("50m", restartPolicy="Always"),)), "0.15"),
        # A sidecar that stands before an init container runs beside it; one that stands after does not.
        (cpu(asks("100m"), init=(asks("50m", restartPolicy="Always"), asks("200m"))), "0.25"),
        (cpu(asks("100m"), init=(asks("200m"), asks("50m", restartPolicy="Always"))), "0.2"),
        (cpu(asks("100m"), resources={"requests": {"cpu": "2"}}), "2"),
        (cpu(asks("100m"), overhead={"cpu": "10m"}), "0.11"),
        (cpu(asks("100m"), resources={"requests": {"cpu": "2"}}, overhead={"cpu": "10m"}), "2.01"),
        (cpu(asks("100m"), init=(asks("48"),), overhead={"cpu": "250m"}), "48.25"),
        # A limit of the whole pod is its request only where no container says anything.
        (cpu(container(), resources={"limits": {"cpu": "4"}}), "4"),
        (cpu(asks("100m"), resources={"limits": {"cpu": "4"}}), "0.1"),
        (cpu(asks("much")), None),
    ],
)
def test_what_a_pod_takes(found: Decimal | None, cores: str | None) -> None:
    assert found == (Decimal(cores) if cores is not None else None)


AMOUNTS = st.sampled_from([None, {"cpu": "50m"}, {"cpu": "250m", "memory": "64Mi"}, {"memory": "1Gi"}])
CONTAINERS = st.builds(lambda requests, limits: container(requests=requests, limits=limits), AMOUNTS, AMOUNTS)
INIT = st.builds(lambda each, always: each | ({"restartPolicy": "Always"} if always else {}), CONTAINERS, st.booleans())


@given(st.lists(CONTAINERS, min_size=1, max_size=3), st.lists(INIT, max_size=4))
def test_it_is_what_the_quota_of_the_simulated_cluster_counts(main: list[JSON], init: list[JSON]) -> None:
    spec = {"containers": [requested(each) for each in main], "initContainers": [requested(each) for each in init]}
    counted = {name: taken for name, taken in usage({"spec": spec}).items() if "." in name}
    amounts = footprint(template(*main, init=tuple(init))).amounts
    assert {name: float(amount) for name, amount in amounts.items()} == pytest.approx(counted)


def requested(each: JSON) -> JSON:
    """As the API server admits it: what is not requested is the limit."""
    resources = each["resources"]
    return each | {"resources": resources | {"requests": resources.get("limits", {}) | resources.get("requests", {})}}


def test_who_says_nothing_is_named_and_a_limit_range_says_it_for_them() -> None:
    pod = template(asks("100m", name="app"), container("proxy"))
    assert footprint(pod).lacking["requests.cpu"] == ("proxy",)
    assert footprint(pod).lacking["limits.memory"] == ("app", "proxy")
    defaults = Resources(Amounts("50m", ""), Amounts("", "64Mi"))
    filled = footprint(pod, defaults)
    assert filled.amounts == {"requests.cpu": Decimal("0.15"), "limits.memory": 128 * MI}
    assert "requests.cpu" not in filled.lacking


def test_the_defaults_of_limit_ranges() -> None:
    ranges: list[Any] = [
        {"metadata": {"name": "a"}, "spec": {"limits": [{"type": "Pod", "max": {"cpu": "4"}}]}},
        {
            "metadata": {"name": "b"},
            "spec": {"limits": [{"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "1"}}]},
        },
        {"metadata": {"name": "c"}, "spec": {"limits": [{"type": "Container", "default": {"memory": "2Gi"}}]}},
        {"metadata": {}, "spec": 7},
    ]
    assert defaults_in(ranges) == Resources(Amounts("1", ""), Amounts("", "1Gi"))


def test_quotas_as_they_are_served() -> None:
    served: list[Any] = [
        {
            "metadata": {"name": "q"},
            "spec": {"scopes": ["BestEffort"], "scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass"}]}},
            "status": {"hard": {"pods": "1"}, "used": {"pods": "0"}},
        },
        {"metadata": {"name": "new"}, "spec": {"hard": {"pods": "1"}}},
        "no object",
    ]
    assert quotas_in(served) == (
        Quota("q", {"pods": "1"}, {"pods": "0"}, ("BestEffort", "PriorityClass")),
        Quota("new", {}, {}),
    )


def deployment(desired: int = 4, **spec: Any) -> Any:
    return Made("web:1.1", desired).spec(**spec).deployment()


UPDATE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
HOLD = {"minReadySeconds": 2147483646, "strategy": {"type": "RollingUpdate"} | UPDATE}


@pytest.mark.parametrize(
    ("made", "pods", "wanted"),
    [
        # new, old, stopping
        ({"strategy": UPDATE}, (0, 4, 0), Demand(1, 4, 3)),
        ({"strategy": UPDATE}, (1, 4, 0), Demand(0, 3, 3)),
        ({"strategy": UPDATE}, (3, 1, 1), Demand(0, 1, 1)),
        ({"strategy": {"type": "Recreate"}}, (0, 4, 0), Demand(0, 4, 4)),
        (HOLD, (0, 4, 0), Demand(1, 1, 0)),
        (HOLD, (1, 4, 0), Demand(0, 0, 0)),
    ],
)
def test_how_many_pods_a_rollout_may_still_bring(made: JSON, pods: tuple[int, int, int], wanted: Demand) -> None:
    assert demand_of(deployment(**made), *pods) == wanted


def test_larger_new_pods_take_more_at_the_end_than_the_surge_does_at_the_beginning() -> None:
    assert Demand(1, 4, 3).of(Decimal(1), Decimal(1)) == 1
    assert Demand(1, 4, 3).of(Decimal(2), Decimal(1)) == 5
    assert Demand(1, 4, 3).of(Decimal("0.5"), Decimal(1)) == Decimal("0.5")
    assert Demand(0, 0, 4).of(Decimal(1), Decimal(1)) == 0


POD = Footprint({"requests.cpu": Decimal("0.5"), "requests.memory": 128 * MI}, {"limits.cpu": ("web",)})
SURGE = Demand(2, 4, 2)


def test_what_is_left_and_whether_it_is_enough() -> None:
    hard = {"pods": "8", "cpu": "4", "requests.memory": "1Gi", "services": "3", "requests.storage": "1Gi"}
    used = {"pods": "4", "cpu": "3500m", "requests.memory": "512Mi"}
    pods, cores, memory = rooms((Quota("q", hard, used),), POD, POD, SURGE)
    assert [(room.resource, room.left, room.fits, room.needed, room.is_short) for room in (pods, cores)] == [
        ("pods", Decimal(4), 4, Decimal(2), False),
        ("cpu", Decimal("0.5"), 1, Decimal(1), True),
    ]
    assert (memory.left, memory.fits, memory.is_short) == (512 * MI, 4, False)


def test_what_the_pods_do_not_say_is_named_and_never_called_short() -> None:
    (limits,) = rooms((Quota("q", {"limits.cpu": "1"}, {"limits.cpu": "1"}),), POD, POD, SURGE)
    assert (limits.lacking, limits.is_short, limits.fits) == (("web",), False, None)
    (gpus,) = rooms((Quota("q", {"requests.nvidia.com/gpu": "1"}, {}),), POD, POD, SURGE)
    assert (gpus.unknown, gpus.lacking) == ("what a pod takes of it is not known here", ())


@pytest.mark.parametrize(
    ("scopes", "counts"),
    [
        ((), True),
        (("NotTerminating",), True),
        (("Terminating",), False),
        (("BestEffort",), False),
        (("NotBestEffort", "NotTerminating"), True),
        (("PriorityClass",), None),
        (("PriorityClass", "BestEffort"), False),
    ],
)
def test_which_pods_a_quota_counts(scopes: tuple[str, ...], counts: bool | None) -> None:
    quota = Quota("q", {"pods": "1"}, {"pods": "1"}, scopes)
    assert quota.counts(is_best_effort=POD.is_best_effort) is counts
    found = rooms((quota,), POD, POD, SURGE)
    assert len(found) == (counts is not False)
    assert all(room.is_short is (counts is True) and bool(room.unknown) is (counts is None) for room in found)


def test_one_that_is_used_up_beyond_its_limit_has_nothing_left() -> None:
    (room,) = rooms((Quota("q", {"pods": "3"}, {"pods": "5"}),), POD, POD, SURGE)
    assert (room.left, room.fits) == (Decimal(0), 0)
