"""The images of earlier revisions that a container can get back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ktui.kinds.deployment.history import history
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.rollout.earlier_images import EarlierImage, earlier_images
from ktui.rollout.images import wrong
from ktui.rollout.track_record import Account, Accounts, Standing
from tests.plans.builders import deployment, made, replicaset, template

AT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def cart(tag: str) -> str:
    return f"registry.example/shop/cart:{tag}"


def offered(subject: DeploymentSubject, remembered: Accounts, container: str = "cart") -> list[EarlierImage]:
    found = history(subject.workload, subject.revisions, remembered=remembered)
    return list(earlier_images(found, container, subject.workload.spec.template.containers[0].image))


def test_each_other_image_once_the_newest_first_and_what_failed_is_marked() -> None:
    tags = {1: "1", 2: "2", 3: "1", 4: "bad", 5: "3"}
    sets = [replicaset(number, template(cart(tag)), count=0) for number, tag in tags.items() if number != 5]
    live = replicaset(5, template(cart("3")), count=4)
    subject = made(deployment(template(cart("3"))), *sets, live)
    remembered = {4: Account(Standing.FAILED, AT, "crash"), 3: Account(Standing.COMPLETE, AT)}
    assert [(each.image, each.revision, each.is_last_good, each.mark) for each in offered(subject, remembered)] == [
        (cart("bad"), 4, False, "failed"),
        (cart("1"), 3, True, ""),
        (cart("2"), 2, False, ""),
    ]
    assert offered(subject, remembered, "proxy") == []


def test_where_all_failed_none_is_called_good() -> None:
    subject = made(
        deployment(template(cart("2"))),
        replicaset(1, template(cart("1")), count=0),
        replicaset(2, template(cart("2")), count=4),
    )
    remembered = {1: Account(Standing.FAILED, AT, "crash")}
    assert [(each.is_last_good, each.mark) for each in offered(subject, remembered)] == [(False, "failed")]


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.27",
        "library/nginx:latest",
        "localhost:5000/cart:1",
        "registry.example:5000/shop/cart:5.0_rc-1",
        "[::1]:5000/cart:1",
        f"registry.example/shop/cart@sha256:{'0a' * 32}",
        f"registry.example/shop/cart:5.0@sha256:{'0a' * 32}",
        "a__b/c--d.e_f",
        "REGISTRY.example/cart",
    ],
)
def test_what_a_kubelet_can_read_is_an_image(image: str) -> None:
    assert wrong(image) == ""


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("", "An image is needed"),
        ("cart 5", "no spaces"),
        ("shop/cart:", 'The tag after ":" is missing.'),
        ("shop/cart:-5", '"-5" is not a tag'),
        (f"cart:{'a' * 129}", "is not a tag"),
        ("cart:ä", '"ä" is not a tag'),
        ("cart@sha256:0a1b", '"sha256:0a1b" is not a digest'),
        ("cart@", "is not a digest"),
        ("shop/Cart:1", '"Cart" cannot be in a repository'),
        ("Cart", '"Cart" cannot be in'),
        ("shop//cart", "is missing"),
        ("shop/cart/", "is missing"),
        (":1", "is missing"),
        ("https://registry.example/cart", "cannot be in a repository"),
    ],
)
def test_what_no_kubelet_can_read_is_said(image: str, said: str) -> None:
    assert said in wrong(image)
