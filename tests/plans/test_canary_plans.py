"""What a canary comes to in words, and what refuses it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import msgspec
import pytest

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.objects import Deployment, ReplicaSet
from ktui.plans.request import Abort, Canary, Promote, RollBack, for_the_record
from ktui.plans.subject import subject
from ktui.rollout.hold import ANNOTATION, read
from tests.plans.builders import NEW, NOW, complete, deployment, made, midway, replicaset, template
from tests.plans.held import CANARY, IMAGE, canary, held, new_set
from tests.plans.planned import planned, refused

JSON = dict[str, Any]


def test_a_canary_in_words() -> None:
    found = planned(canary("2,75%"), complete())
    assert found.title == "Hold a canary of 2 of 4 pods of shop/cart at cart:5.1"
    assert found.done_sentence == "shop/cart: canary of 2 of 4 pods at cart:5.1 sent."
    assert found.effects == (
        "Container cart: cart:5.0 → cart:5.1.",
        "2 pods of revision 32, image cart:5.1, will be started beside 4 old pods, and held there.",
        "The Deployment controller itself holds them (minReadySeconds 2147483646): ktui does not have to keep running.",
        "Promote then goes to 75% (3), all 4.",
        "Saved until then: minReadySeconds 0, deadline 10m, surge 25%, unavailable 25%.",
    )
    assert found.undo.sentence == "Abort goes back to revision 31, image cart:5.0, with the saved settings."
    assert found.undo.request == Abort()


def test_without_surge_the_canary_takes_the_place_of_old_pods() -> None:
    found = planned(canary("2", surge=False), complete())
    assert found.effects[1] == (
        "2 pods of revision 32, image cart:5.1, will replace as many of 4 old pods, and be held there."
    )
    rolling = found.after["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 0, "maxUnavailable": 2}


def test_one_patch_with_its_tests_sets_everything_and_keeps_a_record() -> None:
    on = msgspec.structs.replace(complete(minReadySeconds=7), user="eve")
    found = planned(canary("2"), on)
    assert [operation["op"] for operation in found.patch[:2]] == ["test", "test"]
    assert [operation["path"] for operation in found.patch] == [
        "/metadata/uid",
        "/metadata/generation",
        "/spec/template/spec/containers/0/image",
        "/spec/minReadySeconds",
        "/spec/progressDeadlineSeconds",
        "/spec/strategy",
        "/metadata/annotations",
    ]
    spec = found.after["spec"]
    assert (spec["minReadySeconds"], spec["progressDeadlineSeconds"]) == (2147483646, 2147483647)
    record = json.loads(found.after["metadata"]["annotations"][ANNOTATION])
    assert record == {
        "version": 1,
        "step": 0,
        "pods": 2,
        "replicas": 4,
        "maxSurge": 2,
        "maxUnavailable": 0,
        "steps": ["2", "100%"],
        "surge": True,
        "since": "2026-11-23T12:00:00Z",
        "by": "eve",
        "revision": 32,
        "back": {"revision": 31, "replicaSet": "cart-hash31"},
        "saved": {
            "minReadySeconds": 7,
            "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        },
    }


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"minReadySeconds": 5},
        {"progressDeadlineSeconds": None},
        {"progressDeadlineSeconds": 2147483647},
        {"strategy": {"type": "RollingUpdate"}},
        {"strategy": None},
        {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}, "type": "RollingUpdate"}},
    ],
)
@pytest.mark.parametrize("end", [Promote("100%"), Abort()])
def test_saved_settings_come_back_byte_for_byte(spec: JSON, end: Promote | Abort) -> None:
    raw = deployment(NEW, **spec)
    for absent in [key for key, value in spec.items() if value is None]:
        del raw["spec"][absent]
    text = json.dumps({key: value for key, value in raw["spec"].items() if key != "template"}, sort_keys=True)
    begun = planned(canary("2"), made(raw, replicaset(31, NEW, count=4))).after
    begun["status"]["observedGeneration"] = 7
    on = made(begun, new_set(CANARY), replicaset(31, NEW, count=4))
    after = planned(end, on).after
    assert json.dumps({key: value for key, value in after["spec"].items() if key != "template"}, sort_keys=True) == text
    assert after["spec"]["template"] == (CANARY if isinstance(end, Promote) else NEW)
    assert not after["metadata"].get("annotations")


def test_the_same_with_kubectl() -> None:
    patched, annotated = planned(canary("2"), complete()).commands
    words = shlex.split(patched)
    assert words[:9] == [
        "kubectl",
        "--context",
        "prod-eu",
        "-n",
        "shop",
        "patch",
        "deployment/cart",
        "--type=strategic",
        "-p",
    ]
    body = json.loads(words[9])
    assert body["spec"]["template"] == {"spec": {"containers": [{"name": "cart", "image": IMAGE}]}}
    assert body["spec"]["minReadySeconds"] == 2147483646
    assert shlex.split(annotated)[5:8] == ["annotate", "deployment/cart", "--overwrite"]
    settings, forgotten = planned(Promote("100%"), held()).commands
    assert json.loads(shlex.split(settings)[-1])["spec"]["minReadySeconds"] is None
    assert forgotten.endswith("annotate deployment/cart ktui.dev/hold-")
    undo, *_ = planned(Abort(), held()).commands
    assert undo.endswith("rollout undo deployment/cart --to-revision=31")


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (
            complete(strategy={"type": "Recreate"}),
            "strategy Recreate stops all old pods before the first new one: a canary needs RollingUpdate",
        ),
        (made(deployment(NEW, replicas=0), replicaset(31, NEW)), "it is scaled to zero"),
        (complete(paused=True), "it is paused: resume it first"),
        (midway(), "a running rollout cannot become a canary: pause it instead"),
        (held(), "a canary of 2 of 4 is held already: promote it, or abort it"),
        (
            made(
                deployment(NEW) | {"metadata": deployment()["metadata"] | {"deletionTimestamp": "2026-11-23T12:00:00Z"}}
            ),
            'deployment "cart" is being deleted',
        ),
    ],
)
def test_what_refuses_a_canary(on: DeploymentSubject, reason: str) -> None:
    assert refused(canary(), on).startswith(reason)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (canary("4"), "a canary of 4 pods holds nothing back: there are 4, and a canary must be smaller"),
        (canary("9"), "a canary of 9 pods holds nothing back: there are 4"),
        (canary("3,50%"), "a canary only grows, and 2 comes after 3 in 3, 50%, 100%"),
        (canary(images=()), "a canary needs something new: an image, or a manifest with another template"),
        (canary(images=(("web", IMAGE),)), 'unable to find container named "web"; available: cart'),
        (
            canary(images=(("cart", "registry.example/shop/cart:5.0"),)),
            'nothing to change: deployment "cart" runs that already',
        ),
        (canary(images=(), template=template()), 'nothing to change: deployment "cart" runs that already'),
    ],
)
def test_what_is_no_canary(request_: Canary, reason: str) -> None:
    assert refused(request_, complete()).startswith(reason)


def test_a_single_pod_can_have_one_more_beside_it_but_none_in_its_place() -> None:
    on = made(deployment(NEW, replicas=1), replicaset(31, NEW, count=1))
    assert planned(canary(), on).title.startswith("Hold a canary of 1 of 1 pod of shop/cart")
    assert refused(canary(surge=False), on).startswith("without surge a canary replaces an old pod")


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("2", "the canary has 2 pods already, and only grows: abort takes it back"),
        ("1", "the canary has 2 pods already"),
        ("4", "4 pods of 4 would hold nothing back: promote in full instead"),
        ("9", "9 pods of 4 would hold nothing back"),
    ],
)
def test_where_a_canary_cannot_be_taken(to: str, reason: str) -> None:
    assert refused(Promote(to), held()).startswith(reason)


def test_a_paused_canary_is_resumed_first_or_aborted() -> None:
    assert refused(Promote(), held(paused=True)) == "it is paused: resume it first"
    assert "paused" not in planned(Abort(), held(paused=True)).after["spec"]


def test_a_size_is_for_a_held_canary() -> None:
    on = midway(paused=True)
    assert refused(Promote("3"), on) == "no canary is held: a paused rolling update can only continue to its end"


def test_the_next_step_in_words() -> None:
    found = planned(Promote(), held())
    assert found.title == "Promote shop/cart to 3 of 4 pods at cart:5.1 (step 2 of 3)"
    assert found.effects == (
        "1 pod of revision 32 will be added: 2 → 3, and held there.",
        "No old pods are removed.",
    )
    record = read(found.after["metadata"]["annotations"][ANNOTATION])
    assert record is not None
    assert (record.step, record.pods, record.max_surge) == (1, 3, 3)


def test_in_full_in_words() -> None:
    found = planned(Promote("100%"), held())
    assert found.title == "Promote shop/cart in full: all 4 pods to cart:5.1"
    assert found.effects == (
        "2 pods of revision 32, image cart:5.1, will be added to the 2 of the canary, and 4 old pods stopped.",
        "Pods of the canary count as available as soon as they are ready.",
        "At least 3 of 4 pods stay available, and at most 5 run at once.",
        "The saved settings come back: minReadySeconds 0, deadline 10m, surge 25%, unavailable 25%.",
    )
    assert found.undo.request == RollBack(31)


def test_an_abort_in_words() -> None:
    found = planned(Abort(), held())
    assert found.title == "Abort: roll back shop/cart to revision 31 (cart:5.0)"
    assert found.effects == (
        "2 pods of revision 32, image cart:5.1, will be replaced by revision 31, image cart:5.0.",
        "4 pods of revision 31, image cart:5.0, are there already and stay.",
        "At least 3 of 4 pods stay available, and at most 5 run at once.",
        "Revision 31 will be numbered 33.",
        "The hold ends, and the saved settings come back: minReadySeconds 0, deadline 10m, surge 25%, unavailable 25%.",
    )
    assert found.warnings == ()


def test_an_abort_needs_the_revision_that_the_canary_came_from() -> None:
    on = held()
    alone = made(on.raw, next(raw for raw in on.raw_revisions.values() if raw["metadata"]["uid"] == "rs-32"))
    assert refused(Abort(), alone) == ("revision 31, which the canary came from, is gone; roll back to another one")


def test_a_template_from_a_manifest_stays_out_of_the_audit_log() -> None:
    secret = template(
        IMAGE, initContainers=[{"name": "x", "image": "x", "env": [{"name": "TOKEN", "value": "hunter2"}]}]
    )
    request = canary(images=(), template=secret, manifest="cart.yaml")
    found = planned(request, complete())
    assert found.after["spec"]["template"] == secret
    assert "hunter2" not in repr(for_the_record(request))
    assert not any("hunter2" in command for command in found.commands)
    assert [shlex.split(command)[5:7] for command in found.commands] == [
        ["rollout", "pause"],
        ["apply", "-f"],
        ["patch", "deployment/cart"],
        ["annotate", "deployment/cart"],
        ["rollout", "resume"],
    ]


def test_a_hostile_record_shows_no_control_characters() -> None:
    on = held()
    text = on.raw["metadata"]["annotations"][ANNOTATION].replace('"by":""', '"by":"\\u001b[2Jeve"')
    on.raw["metadata"]["annotations"][ANNOTATION] = text
    evil = subject(Deployment, ReplicaSet, on.raw, list(on.raw_revisions.values()), now=NOW)
    assert "by ␛[2Jeve" in refused(canary(), evil)
