from __future__ import annotations

from typing import Any

from ktui.model.resources import HTTP_ROUTES, INGRESSES, SERVICES, Resource
from ktui.model.routing import HTTPRoute, Ingress, Service
from ktui.rollout.traffic.routes import Front, fronts
from tests.recorded import decode

JSON = dict[str, Any]


def _made(resource: Resource, spec: JSON, name: str = "shop", namespace: str = "shop") -> Any:
    return decode(resource, {"metadata": {"name": name, "namespace": namespace, "uid": name}, "spec": spec})


def _fronts(*others: Ingress | HTTPRoute) -> tuple[Front, ...]:
    service: Service = _made(SERVICES, {})
    ingresses = [each for each in others if isinstance(each, Ingress)]
    return fronts(service, ingresses, [each for each in others if isinstance(each, HTTPRoute)])


def _paths(*services: str) -> JSON:
    return {"paths": [{"path": f"/{name}", "backend": {"service": {"name": name}}} for name in services]}


def test_an_ingress_with_the_hosts_and_paths_that_lead_to_the_service() -> None:
    rules = [{"host": "a.example", "http": _paths("cart", "shop")}, {"http": _paths("shop")}, {"host": "b.example"}]
    default = {"service": {"name": "shop"}}
    (front,) = _fronts(_made(INGRESSES, {"rules": rules, "defaultBackend": default}))
    assert front.addresses == ("a.example/shop", "*/shop", "whatever no rule matches")
    assert str(front) == "Ingress shop (a.example/shop, */shop, whatever no rule matches)"


def test_what_leads_elsewhere_is_left_out() -> None:
    elsewhere = {"rules": [{"http": _paths("cart")}], "defaultBackend": {"resource": {"kind": "Bucket"}}}
    assert _fronts(_made(INGRESSES, elsewhere)) == ()
    assert _fronts(_made(INGRESSES, {"rules": [{"http": _paths("shop")}]}, namespace="other")) == ()
    other = {"rules": [{"backendRefs": [{"name": "shop", "namespace": "other"}, {"name": "shop", "kind": "Bucket"}]}]}
    assert _fronts(_made(HTTP_ROUTES, other)) == ()


def test_a_route_with_its_share_where_it_has_other_backends() -> None:
    spec = {
        "hostnames": ["a.example", "b.example"],
        "rules": [
            {
                "matches": [{"path": {"value": "/cart"}}, {"headers": []}],
                "backendRefs": [{"name": "shop", "weight": 90}, {"name": "shop-next", "weight": 10}],
            }
        ],
    }
    plain = {"rules": [{"backendRefs": [{"name": "shop"}]}]}
    weighted, whole = _fronts(_made(HTTP_ROUTES, spec, "a-route"), _made(HTTP_ROUTES, plain, "b-route"))
    assert weighted.addresses == (
        "a.example/cart (weight 90 of 100)",
        "a.example/ (weight 90 of 100)",
        "b.example/cart (weight 90 of 100)",
        "b.example/ (weight 90 of 100)",
    )
    assert whole == Front("HTTPRoute", "b-route", ("*/",))
