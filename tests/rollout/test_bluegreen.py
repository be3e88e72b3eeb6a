"""Pairs, sides and where traffic goes: by rule, by hand, and in a recording of a real control plane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.registry import rollout_of
from ktui.model.changes import Listed, Put
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS, ENDPOINT_SLICES, PODS, REPLICASETS, ROUTING, SERVICES, Resource
from ktui.model.routing import Service
from ktui.model.store import Store
from ktui.model.traffic import Traffic
from ktui.rollout.traffic.bluegreen import BlueGreen, Move, blue_green, follow, may_be_paired, pairings, turns
from tests import bluegreen as manifests
from tests.recorded import Said, clock, decode, recording

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
JSON = dict[str, Any]

# Which Deployments are sides of which Service

_LABELS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"), max_size=4)


def _deployment(uid: str, labels: dict[str, str], namespace: str = "shop") -> Deployment:
    made = decode(
        DEPLOYMENTS,
        {
            "metadata": {"name": uid, "namespace": namespace, "uid": uid},
            "spec": {"template": {"metadata": {"labels": labels}}},
        },
    )
    assert isinstance(made, Deployment)
    return made


def _service(selector: dict[str, str], **spec: Any) -> Service:
    made = decode(
        SERVICES,
        {"metadata": {"name": "shop", "namespace": "shop", "uid": "s"}, "spec": {"selector": selector, **spec}},
    )
    assert isinstance(made, Service)
    return made


@given(_LABELS, st.lists(_LABELS, max_size=6), st.integers(0, 6))
def test_two_deployments_are_a_pair_where_one_selected_label_tells_them_apart(
    selector: dict[str, str], labels: list[dict[str, str]], elsewhere: int
) -> None:
    deployments = [
        _deployment(f"d{index}", each, "other" if index == elsewhere else "shop") for index, each in enumerate(labels)
    ]
    found = pairings(_service(selector), deployments)
    paired = {
        (pairing.key, one.metadata.uid, other.metadata.uid)
        for pairing in found
        for left, right in combinations(pairing.colours.values(), 2)
        for one, other in combinations(sorted((*left, *right), key=lambda each: each.metadata.uid), 2)
        if one.spec.template.labels[pairing.key] != other.spec.template.labels[pairing.key]
    }
    expected = set()
    for one, other in combinations(deployments, 2):
        mine, theirs = one.spec.template.labels, other.spec.template.labels
        differing = [key for key in selector if mine.get(key) != theirs.get(key)]
        agreeing = [key for key in selector if mine.get(key) == theirs.get(key) == selector[key]]
        same_namespace = one.metadata.namespace == other.metadata.namespace == "shop"
        complete = all(key in mine and key in theirs for key in selector)
        if same_namespace and complete and len(differing) == 1 and agreeing and len(agreeing) == len(selector) - 1:
            expected.add((differing[0], one.metadata.uid, other.metadata.uid))
    assert paired == expected
    for deployment in deployments:
        turned = [(each.key, *each.colours) for _, each in turns(deployment, [_service(selector)], deployments)]
        assert turned == [
            (each.key, *each.colours)
            for each in found
            if any(deployment is side for own in each.colours.values() for side in own)
        ]
    for pairing in found:
        assert list(pairing.colours) == sorted(pairing.colours)
        for deployment in (each for own in pairing.colours.values() for each in own):
            assert may_be_paired(deployment, deployments), "or nobody would ask for the Service"


def test_a_selector_of_one_label_pairs_nothing_and_three_colours_are_one_pairing() -> None:
    apart = [_deployment("cart", {"app": "cart"}), _deployment("shop", {"app": "shop"})]
    assert pairings(_service({"app": "shop"}), apart) == ()
    three = [_deployment(colour, {"app": "shop", "color": colour}) for colour in ("red", "blue", "green")]
    (pairing,) = pairings(_service({"app": "shop", "color": "green"}), three)
    assert (pairing.key, list(pairing.colours)) == ("color", ["blue", "green", "red"])


def test_without_a_label_in_common_no_service_is_asked_for() -> None:
    alone = [_deployment("cart", {"app": "cart"}), _deployment("shop", {"app": "shop"})]
    assert not may_be_paired(alone[0], alone)
    alike = [_deployment("one", {"app": "shop"}), _deployment("two", {"app": "shop"})]
    assert not may_be_paired(alike[0], alike)
    elsewhere = [alike[0], _deployment("two", {"app": "shop", "color": "blue"}, "other")]
    assert not may_be_paired(elsewhere[0], elsewhere)


# What is known of them


class Scene:
    """Two sides and their Service as objects, with whatever a test changes about them."""

    def __init__(self, selector: str = "blue", **spec: Any) -> None:
        self.store, self.traffic = Store(), Traffic()
        self.uid = 0
        self.service = _service(
            {"app": "shop", "color": selector}, **{"ports": [{"port": 80, "targetPort": 8080}], **spec}
        )
        self.traffic.apply([Put(SERVICES, self.service), Listed(ENDPOINT_SLICES)])

    def put(self, resource: Resource, raw: JSON) -> None:
        self.uid += 1
        raw["metadata"] |= {"namespace": "shop", "resourceVersion": str(self.uid)}
        change = Put(resource, decode(resource, raw))
        (self.traffic if resource in ROUTING else self.store).apply([change])

    def side(self, colour: str, *, pods: int = 3, ready: int | None = None, **container: Any) -> Scene:
        ready = pods if ready is None else ready
        raw = manifests.deployment(colour, replicas=pods)
        raw["spec"]["template"]["spec"]["containers"][0] |= container
        raw["metadata"] |= {"uid": f"d-{colour}", "generation": 1}
        raw["status"] = {
            "observedGeneration": 1,
            "replicas": pods,
            "updatedReplicas": pods,
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        self.put(DEPLOYMENTS, raw)
        meta: JSON = {"name": f"shop-{colour}-5d4", "uid": f"r-{colour}"}
        meta |= {"ownerReferences": [{"uid": f"d-{colour}", "controller": True}]}
        status = {"replicas": pods, "readyReplicas": ready, "availableReplicas": ready}
        spec = {"replicas": pods, "template": raw["spec"]["template"]}
        self.put(REPLICASETS, {"metadata": meta, "spec": spec, "status": status})
        for number in range(pods):
            pod: JSON = {"name": f"shop-{colour}-5d4-abcd{number}", "uid": f"p-{colour}-{number}"}
            pod |= {"ownerReferences": [{"uid": f"r-{colour}", "controller": True}]}
            self.put(PODS, {"metadata": pod})
        return self

    def slice(self, name: str, *endpoints: JSON, service: str = "shop") -> Scene:
        meta = {"name": name, "uid": name, "labels": {"kubernetes.io/service-name": service}}
        self.put(ENDPOINT_SLICES, {"metadata": meta, "endpoints": list(endpoints) or None})
        return self

    def state(self) -> BlueGreen:
        (pairing,) = pairings(self.service, self.store.of_type(Deployment))
        rollouts = {
            each.metadata.uid: rollout_of(self.store, each, None, NOW)[1] for each in self.store.of_type(Deployment)
        }
        return blue_green(self.service, pairing, self.store, self.traffic, rollouts=rollouts, now=NOW)


def endpoint(pod: str, **conditions: bool) -> JSON:
    """A pod by its uid (`p-blue-0`)."""
    _, colour, number = pod.split("-")
    reference = {"kind": "Pod", "name": f"shop-{colour}-5d4-abcd{number}", "uid": pod}
    return {"addresses": [f"10.0.0.{number}"], "conditions": conditions, "targetRef": reference}


def pods(colour: str, count: int = 3, **conditions: bool) -> Sequence[JSON]:
    return [endpoint(f"p-{colour}-{number}", **conditions) for number in range(count)]


def _numbers(state: BlueGreen) -> dict[str, tuple[int, int]]:
    return {side.colour: (side.endpoints, side.draining) for side in state.sides}


def test_endpoints_are_counted_by_colour_and_each_pod_once() -> None:
    scene = Scene().side("blue").side("green")
    scene.slice("v4", *pods("blue", ready=True), *pods("green", 1, ready=False))
    scene.slice("v6", *pods("blue", 2, ready=True)).slice("other", *pods("green"), service="shop-preview")
    state = scene.state()
    assert _numbers(state) == {"blue": (3, 0), "green": (0, 0)}
    assert state.has_moved
    assert state.warnings == ()


def test_no_word_on_readiness_means_ready_and_what_stops_but_serves_is_draining() -> None:
    scene = Scene().side("blue").side("green")
    draining = {"ready": False, "serving": True, "terminating": True}
    scene.slice("a", *pods("blue", 2), endpoint("p-blue-2", **draining), endpoint("p-green-0", ready=False))
    assert _numbers(scene.state()) == {"blue": (2, 1), "green": (0, 0)}


def test_a_pod_that_is_not_known_yet_is_told_by_its_name_and_what_is_no_pod_by_nothing() -> None:
    scene = Scene().side("blue").side("green")
    unknown = endpoint("p-blue-9", ready=True)
    address = {"addresses": ["10.9.9.9"], "conditions": {"ready": True}}
    scene.slice("a", *pods("blue", 2, ready=True), unknown, address)
    state = scene.state()
    assert (_numbers(state)["blue"], state.others) == ((3, 0), 1)
    assert state.warnings == ("1 ready endpoint of the Service belong to none of these Deployments.",)


def test_traffic_has_moved_only_with_the_last_endpoint_of_the_old_side_and_all_of_the_new() -> None:
    moving = (
        (pods("blue"), False),
        ((*pods("blue", 1), *pods("green")), False),
        (pods("green", 2), False),
        (pods("green"), True),
    )
    for endpoints, has_moved in moving:
        scene = Scene("green").side("blue").side("green").slice("a", *endpoints)
        assert scene.state().has_moved is has_moved
    scene = Scene("green").side("blue").side("green")
    scene.traffic.listed.clear()
    assert not scene.state().endpoints_known
    assert not scene.state().has_moved


def test_a_side_is_fully_available_or_says_what_is_missing() -> None:
    def shortfall(scene: Scene) -> str:
        side = scene.state().side("green")
        assert side is not None
        return side.shortfall

    assert shortfall(Scene().side("blue").side("green")) == ""
    assert shortfall(Scene().side("blue").side("green", pods=0)) == "shop-green is scaled to zero"
    waiting = Scene().side("blue").side("green", ready=1)
    assert shortfall(waiting) == "shop-green is progressing, 1 of 3 pods available"
    waiting.slice("a", *pods("blue"))
    assert waiting.state().warnings == (
        "green is not fully available: shop-green is progressing, 1 of 3 pods available.",
    )


def test_warnings_of_a_colour_that_nobody_has_of_nothing_that_answers_and_of_unready_addresses() -> None:
    assert (
        "color=red, and no Deployment's pods have that" in Scene("red").side("blue").side("green").state().warnings[0]
    )
    empty = Scene(publishNotReadyAddresses=True).side("blue").side("green").state()
    assert empty.warnings == (
        "The Service has no ready endpoint: nothing answers.",
        "The Service sends traffic to pods that are not ready, too (publishNotReadyAddresses).",
    )


def test_ports_that_a_side_does_not_declare() -> None:
    def warned(target: int | str, blue: list[JSON], green: list[JSON]) -> list[str]:
        scene = Scene(ports=[{"port": 80, "targetPort": target}]).side("blue", ports=blue).side("green", ports=green)
        scene.slice("a", *pods("blue"))
        return list(scene.state().warnings)

    http, web = {"name": "http", "containerPort": 8080}, {"name": "web", "containerPort": 9090}
    assert warned(8080, [http], [http]) == []
    assert warned(8080, [http], []) == [], "a port need not be declared"
    assert warned(8080, [http], [web]) == ["The Service sends to port 8080, which no container of green declares."]
    assert warned("http", [http], [web]) == ["The Service sends to port http, which no container of green declares."]
    assert warned("http", [http], [{"name": "http", "containerPort": 9090}]) == [
        "The port http is not the same everywhere: 8080 of blue, 9090 of green."
    ]


def test_text_of_the_cluster_does_not_reach_the_screen_as_it_is() -> None:
    state = Scene("bl\x1b[31mue").side("blue").side("green").state()
    assert not any("\x1b" in text for text in (*state.warnings, state.selector))


# How traffic moves


def test_a_move_begins_with_the_selector_and_ends_with_the_endpoints() -> None:
    def state(selector: str, *endpoints: JSON) -> BlueGreen:
        return Scene(selector).side("blue").side("green").slice("a", *endpoints).state()

    before = state("blue", *pods("blue"))
    assert follow(None, None, before, NOW) is None
    switched = state("green", *pods("blue"))
    move = follow(None, before, switched, NOW)
    assert move == Move("blue", "green", NOW)
    assert move.seconds is None
    later = NOW + timedelta(seconds=1.5)
    moved = follow(move, switched, state("green", *pods("green")), later)
    assert moved is not None
    assert moved.seconds == 1.5
    back = follow(moved, state("green", *pods("green")), before, later)
    assert back == Move("green", "blue", later, later), "where the endpoints were heard of first"


def test_the_recording_of_a_real_control_plane_moves_three_times() -> None:
    """blue, then green, back to blue, and to green, while blue is scaled to zero."""
    name = "blue-green-service"
    store, traffic = Store(), Traffic()
    known: BlueGreen | None = None
    move: Move | None = None
    ended: list[tuple[str, str, float]] = []
    for said in recording(name):
        if not isinstance(said, Said):
            continue
        (traffic if said.change.resource in ROUTING else store).apply([said.change])
        now = clock(name) + timedelta(seconds=said.t)
        for service in traffic.services():
            for pairing in pairings(service, store.of_type(Deployment)):
                rollouts = {
                    each.metadata.uid: rollout_of(store, each, None, now)[1] for each in store.of_type(Deployment)
                }
                state = blue_green(service, pairing, store, traffic, rollouts=rollouts, now=now)
                before, move = move, follow(move, known, state, now)
                if move is not None and move.seconds is not None and move != before:
                    ended.append((move.before, move.after, move.seconds))
                known = state
    assert known is not None
    assert (known.key, known.active, _numbers(known)) == ("color", "green", {"blue": (0, 0), "green": (3, 0)})
    assert [names for *names, _ in ended] == [["blue", "green"], ["green", "blue"], ["blue", "green"]]
    assert all(seconds < 0.1 for *_, seconds in ended)
    blue = known.side("blue")
    assert blue is not None
    assert blue.shortfall == "shop-blue is scaled to zero"
