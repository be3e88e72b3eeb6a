"""A workload that names others as parts of it: they are folded into it, and what happens to them is its matter."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.model.changes import Gone, Put
from ktui.model.claims import Claims, Place, group_of
from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook

WEB = Place("apps", "Deployment", "ns", "web")


def put(resource: Resource, kind: Any, uid: str, spec: dict[str, Any], *, name: str = "web", owner: str = "") -> Put:
    meta: dict[str, Any] = {"name": name, "namespace": "ns", "uid": uid}
    if owner:
        meta["ownerReferences"] = [{"uid": owner, "controller": True, "kind": "Any", "name": "any"}]
    return Put(resource, msgspec.convert({"metadata": meta, "spec": spec}, kind, dec_hook=decode_hook))


def rollout(uid: str = "r", of: str = "web", name: str = "web") -> Put:
    source = {"apiVersion": "apps/v1", "kind": "Deployment", "name": of}
    return put(ROLLOUTS, ArgoRollout, uid, {"workloadRef": source}, name=name)


def shown(store: Store) -> set[str]:
    return {each.metadata.uid for each in store.shown()}


def filled(*changes: Put) -> Store:
    store = Store()
    store.apply([put(DEPLOYMENTS, Deployment, "d", {"template": {}}), *changes])
    store.take_dirty()
    return store


def test_what_a_workload_claims_changes_and_ends_with_it() -> None:
    claims, other = Claims(), Place("", "Service", "ns", "web")
    assert not claims
    assert claims.put("a", [WEB]) == {WEB}
    assert claims.put("b", [WEB, other]) == {WEB, other}
    assert claims
    assert (claims.of(WEB), claims.of(other)) == (("a", "b"), ("b",))
    assert claims.put("b", [other]) == {WEB}
    assert claims.put("a", ()) == {WEB}
    assert claims.of(WEB) == ()
    assert claims.put("b", ()) == {other}
    assert not claims


def test_groups() -> None:
    assert [group_of(text) for text in ("apps/v1", "v1", "", "serving.knative.dev/v1")] == [
        "apps",
        "",
        "",
        "serving.knative.dev",
    ]


def test_a_part_is_not_shown_by_itself_until_it_is_let_go() -> None:
    store = filled()
    store.apply([rollout()])
    assert shown(store) == {"r"}
    assert "d" in store.take_dirty()
    store.apply([rollout("r2", name="other")])
    (known,) = (each for each in store.workloads() if each.metadata.uid == "d")
    assert [each.metadata.uid for each in store.claimants(known)] == ["r", "r2"]
    store.apply([Gone(ROLLOUTS, "r"), Gone(ROLLOUTS, "r2")])
    assert shown(store) == {"d"}
    assert "d" in store.take_dirty()


def test_a_namesake_of_another_group_is_not_claimed() -> None:
    source = {"apiVersion": "example.org/v1", "kind": "Deployment", "name": "web"}
    store = filled(put(ROLLOUTS, ArgoRollout, "r", {"workloadRef": source}))
    assert shown(store) == {"d", "r"}


def test_a_workload_that_claims_itself_is_shown() -> None:
    source = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    store = filled(put(ROLLOUTS, ArgoRollout, "r", {"workloadRef": source}))
    assert shown(store) == {"d", "r"}


def test_what_happens_to_a_part_is_looked_at_with_what_claims_it() -> None:
    store = filled(rollout())
    store.apply([put(REPLICASETS, ReplicaSet, "rs", {}, name="web-1", owner="d")])
    assert store.take_dirty() == {"d", "r"}
    store.apply([put(PODS, Pod, "p", {}, name="web-1-a", owner="rs")])
    assert store.take_dirty() == {"d", "r"}
    store.apply([Gone(PODS, "p")])
    assert store.take_dirty() == {"d", "r"}
    store.apply([Gone(DEPLOYMENTS, "d")])
    assert store.take_dirty() == {"d", "r"}
    assert store.named(Deployment, "ns", "web") is None


def test_what_took_the_name_of_an_older_one_is_found_by_it() -> None:
    store = filled()
    store.apply([put(DEPLOYMENTS, Deployment, "new", {"template": {}}), Gone(DEPLOYMENTS, "d")])
    found = store.named(Deployment, "ns", "web")
    assert found is not None
    assert found.metadata.uid == "new"
