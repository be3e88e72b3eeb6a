"""Other images and restarts of Deployments, as plans."""

from __future__ import annotations

from copy import deepcopy

import pytest

from ktui.plans.request import Restart, RollBack, SetImage
from tests.plans.builders import (
    CAUSE,
    NOW,
    complete,
    deployment,
    made,
    midway,
    replicaset,
    template,
)
from tests.plans.planned import JSON, patched, planned, refused

# Set image


def test_an_image_is_set_in_its_container_and_nowhere_else() -> None:
    two = template("cart:5.0")
    two["spec"]["containers"].append({"name": "proxy", "image": "envoy:1"})
    subject = made(deployment(two), replicaset(31, two, count=4))
    after = patched(planned(SetImage((("proxy", "envoy:2"),)), subject))
    expected = deepcopy(subject.raw)
    expected["spec"]["template"]["spec"]["containers"][1]["image"] = "envoy:2"
    assert after == expected


def test_a_star_means_every_container_and_init_containers_too() -> None:
    two = template("cart:5.0", initContainers=[{"name": "migrate", "image": "cart:5.0"}])
    subject = made(deployment(two), replicaset(31, two, count=4))
    pod = patched(planned(SetImage((("*", "cart:6.0"),)), subject))["spec"]["template"]["spec"]
    assert (pod["containers"][0]["image"], pod["initContainers"][0]["image"]) == ("cart:6.0", "cart:6.0")


def test_an_image_says_how_many_pods_it_replaces() -> None:
    made_plan = planned(SetImage((("cart", "registry.example/shop/cart:6.0"),)), complete(annotations={CAUSE: "5.0"}))
    assert made_plan.title == "Set the image of shop/cart to cart:6.0"
    assert made_plan.effects[:2] == (
        "Container cart: cart:5.0 → cart:6.0.",
        "4 pods of revision 31, image cart:5.0, will be replaced by revision 32, image cart:6.0.",
    )
    assert made_plan.warnings == ('The change-cause "5.0" stays, and will describe the new revision too.',)
    assert made_plan.undo.request == RollBack(31)


def test_the_image_of_an_earlier_revision_brings_that_revision_back() -> None:
    made_plan = planned(SetImage((("cart", "registry.example/shop/cart:4.9"),)), complete())
    assert made_plan.effects[-1] == "This is the template of revision 30: it comes back, numbered 32."


def test_an_image_that_is_set_while_paused_waits_and_says_so() -> None:
    made_plan = planned(SetImage((("cart", "cart:6.0"),)), complete(paused=True))
    assert made_plan.effects[-1] == "It is paused: 4 pods will be replaced only once it is resumed."
    assert made_plan.undo.request == SetImage((("cart", "registry.example/shop/cart:5.0"),))


@pytest.mark.parametrize(
    ("images", "why"),
    [
        ((("web", "x:1"),), 'unable to find container named "web"; available: cart'),
        ((("cart", "registry.example/shop/cart:5.0"),), 'nothing to change: deployment "cart" runs cart='),
        ((("cart", " "),), '"cart= " names no image'),
        ((("cart", "a"), ("cart", "b")), 'two images are given for "cart"'),
        ((), "one or more images must be given"),
    ],
)
def test_images_that_make_no_sense_are_refused(images: tuple[tuple[str, str], ...], why: str) -> None:
    assert refused(SetImage(images), complete()).startswith(why)


# Restart


@pytest.mark.parametrize("annotations", [None, {}, {"prometheus.io/scrape": "true"}])
def test_a_restart_adds_its_time_to_the_template(annotations: JSON | None) -> None:
    pods = template("cart:5.0")
    if annotations is not None:
        pods["metadata"]["annotations"] = annotations
    subject = made(deployment(pods), replicaset(31, pods, count=4))
    after = patched(planned(Restart(), subject))
    stamped = after["spec"]["template"]["metadata"].pop("annotations")
    assert stamped == {**(annotations or {}), "kubectl.kubernetes.io/restartedAt": "2026-11-23T12:00:00Z"}


def test_a_restart_while_paused_is_refused_in_the_words_of_kubectl() -> None:
    assert refused(Restart(), complete(paused=True)) == (
        'deployments.apps "cart" can\'t restart paused deployment (run rollout resume first)'
    )


def test_two_restarts_in_one_second_are_one() -> None:
    pods = template("cart:5.0")
    pods["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert "past second" in refused(Restart(), made(deployment(pods), replicaset(31, pods, count=4)))


def test_a_restart_in_the_middle_of_a_rollout_is_warned_of() -> None:
    assert "is running" in planned(Restart(), midway()).warnings[0]
