"""Who gets the traffic, by the VirtualServices that a Rollout names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.argo_rollout.aborts import leftovers
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.routes import Routed, VirtualService, least, most, routes_of
from ktui.kinds.argo_rollout.steps import current_step, ladder
from ktui.model.claims import Place
from ktui.rollout.diagnosis.cause import Reason
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.test_causes import causes

JSON = dict[str, Any]

STABLE_AND_CANARY: JSON = {"stableService": "web-stable", "canaryService": "web-canary"}


def _rollout(istio: JSON, status: JSON | None = None, **canary: Any) -> ArgoRollout:
    strategy = {"canary": {**canary, "trafficRouting": {"istio": istio}}}
    return msgspec.convert(
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"strategy": strategy},
            "status": {"canary": status or {}},
        },
        ArgoRollout,
    )


def _service(*routes: tuple[str, dict[str, int]], protocol: str = "http", name: str = "web") -> VirtualService:
    """Destinations are `host` or `host/subset`, with their weights."""

    def destination(text: str) -> JSON:
        host, _, subset = text.partition("/")
        return {"host": host, "subset": subset}

    spec = [
        {"name": route, "route": [{"destination": destination(to), "weight": n} for to, n in weights.items()]}
        for route, weights in routes
    ]
    return msgspec.convert({"metadata": {"name": name, "namespace": "shop"}, "spec": {protocol: spec}}, VirtualService)


def _routes(rollout: ArgoRollout, *there: VirtualService, knows_all: bool = True) -> tuple[Routed, ...]:
    found = {Place("networking.istio.io", "VirtualService", "shop", each.metadata.name): each for each in there}
    return routes_of(rollout, found.get, knows_all=knows_all)


@pytest.mark.parametrize(
    ("rollout", "service", "shares"),
    [
        pytest.param(
            _rollout({"virtualService": {"name": "web"}}, **STABLE_AND_CANARY),
            _service(("", {"web-stable": 80, "web-canary": 20})),
            (20,),
            id="one route",
        ),
        pytest.param(
            _rollout({"virtualService": {"name": "web"}}, **STABLE_AND_CANARY),
            _service(("", {"web-stable.shop.svc.cluster.local": 60, "web-canary.shop.svc.cluster.local": 40})),
            (40,),
            id="hosts in full",
        ),
        pytest.param(
            _rollout({"virtualService": {"name": "web", "routes": ["a"]}}, **STABLE_AND_CANARY),
            _service(("a", {"web-stable": 90, "web-canary": 10}), ("b", {"web-stable": 50, "web-canary": 50})),
            (10,),
            id="a route by its name",
        ),
        pytest.param(
            _rollout({"virtualService": {"name": "web"}}, **STABLE_AND_CANARY),
            _service(("header", {"web-canary": 100}), ("", {"web-stable": 95, "web-canary": 5})),
            (5,),
            id="a route of headers leads to one side",
        ),
        pytest.param(
            _rollout(
                {
                    "virtualService": {"name": "web"},
                    "destinationRule": {"canarySubsetName": "new", "stableSubsetName": "old"},
                }
            ),
            _service(("", {"web/old": 70, "web/new": 30})),
            (30,),
            id="subsets of one host",
        ),
        pytest.param(
            _rollout({"virtualService": {"name": "web"}}, **STABLE_AND_CANARY),
            _service(("", {"web-stable": 75, "web-canary": 25}), protocol="tcp"),
            (25,),
            id="tcp",
        ),
        pytest.param(
            _rollout(
                {"virtualService": {"name": "web"}},
                {"stablePingPong": "pong"},
                pingPong={"pingService": "ping", "pongService": "pong"},
            ),
            _service(("", {"ping": 15, "pong": 85})),
            (15,),
            id="ping is the canary while pong is stable",
        ),
        pytest.param(
            _rollout({"virtualService": {"name": "web"}}, **STABLE_AND_CANARY),
            _service(("", {"web-stable": 0, "web-canary": 0})),
            (0,),
            id="no weight at all",
        ),
    ],
)
def test_the_share_of_the_canary(rollout: ArgoRollout, service: VirtualService, shares: tuple[int, ...]) -> None:
    assert _routes(rollout, service) == (Routed("web", shares),)


def test_of_several_the_least_and_the_most_count() -> None:
    rollout = _rollout({"virtualServices": [{"name": "web"}, {"name": "api"}]}, **STABLE_AND_CANARY)
    low, high = ({"web-stable": 100 - share, "web-canary": share} for share in (10, 50))
    found = _routes(rollout, _service(("", low)), _service(("", high), name="api"))
    assert (least(found), most(found)) == (10, 50)
    assert (least(()), most(())) == (None, None)


@pytest.mark.parametrize(
    ("name", "knows_all", "is_missing"),
    [("gone", True, True), ("gone", False, False), ("gone.elsewhere", True, False), ("gone.shop", True, True)],
)
def test_one_that_was_listed_nowhere_is_missing(name: str, knows_all: bool, is_missing: bool) -> None:
    (found,) = _routes(_rollout({"virtualService": {"name": name}}), knows_all=knows_all)
    assert (found.is_missing, found.is_unknown) == (is_missing, not is_missing)


def test_a_rollout_is_worked_out_again_when_what_splits_its_traffic_changes() -> None:
    rollout = _rollout({"virtualService": {"name": "front.mesh.cluster.local"}}, **STABLE_AND_CANARY)
    assert rollout.claims == (
        Place("", "Service", "shop", "web-stable"),
        Place("", "Service", "shop", "web-canary"),
        Place("networking.istio.io", "VirtualService", "mesh", "front"),
    )


def test_the_recorded_weights_are_those_that_the_status_has_a_moment_later() -> None:
    for moment in replay.moments("istio-weights"):
        weights = moment.rollout.status.canary.weights
        steps = ladder(moment.rollout, moment.replicasets, moment.now, least(moment.routes()))
        assert steps is not None
        if weights is None or current_step(moment.rollout)[0] is None:
            # Behind the last step it goes to 100 and back to 0 at once: what was new is stable.
            continue
        later = replay.moment("istio-weights", moment.t + 0.5).rollout.status.canary.weights
        assert later is not None
        assert steps.weight_now in (weights.canary.weight, later.canary.weight), moment.t


def test_what_an_aborted_canary_still_gets_is_what_the_virtual_service_gives_it() -> None:
    aborted = next(each for each in replay.moments("istio-weights") if each.rollout.status.abort)
    routes = (Routed("web", (35,)),)
    said = leftovers(msgspec.structs.replace(aborted.situation, routes=routes), aborted.now)
    assert said.endswith("35 of 100 of the traffic still go to it")


def test_a_virtual_service_that_does_not_exist_is_the_cause() -> None:
    moment = replay.moment("istio-weights", 3.25)
    gone = moment._replace(there={**moment.there, "virtualservices": {}})
    (found,) = causes(gone)
    assert (found.reason, found.sentence) == (
        Reason.REFERENCE_MISSING,
        "the VirtualService web, which the spec names, does not exist",
    )
