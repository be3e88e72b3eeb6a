"""Images as people write and read them: tags alone, digests, registries, and the container that differs."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.model.template import PodTemplate
from ktui.rollout import images

CURRENT = "registry.example:5000/shop/catalog:1.19.0"
ONE, TWO = "@sha256:0a1b2c3d4e", "@sha256:ff00ff00ff"


def template(*containers: tuple[str, str], init: tuple[tuple[str, str], ...] = ()) -> PodTemplate:
    def made(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
        return [{"name": name, "image": image} for name, image in pairs]

    return PodTemplate({"spec": {"containers": made(containers), "initContainers": made(init)}})


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("1.20.0", "registry.example:5000/shop/catalog:1.20.0"),
        (":1.20.0", "registry.example:5000/shop/catalog:1.20.0"),
        ("v2", "registry.example:5000/shop/catalog:v2"),
        ("20260429-7", "registry.example:5000/shop/catalog:20260429-7"),
        ("latest", "registry.example:5000/shop/catalog:latest"),
        ("RC", "registry.example:5000/shop/catalog:RC"),
        (ONE, f"registry.example:5000/shop/catalog{ONE}"),
        (f":2{ONE}", f"registry.example:5000/shop/catalog:2{ONE}"),
        ("catalog", "catalog"),
        ("nginx", "nginx"),
        ("catalog:1.20.0", "catalog:1.20.0"),
        ("other.example/shop/catalog:1", "other.example/shop/catalog:1"),
    ],
)
def test_a_tag_or_a_digest_alone_keeps_the_repository(wanted: str, meant: str) -> None:
    assert images.completed(wanted, CURRENT) == meant
    assert images.completed(wanted, f"registry.example:5000/shop/catalog{TWO}") == meant


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("docker.io/library/nginx:1", "docker.io/library/nginx"),
        ("shop/cart:1", "docker.io/shop/cart"),
        ("localhost/cart", "localhost/cart"),
        (f"registry:5000/cart:1{ONE}", "registry:5000/cart"),
    ],
)
def test_the_repository_is_the_one_that_a_node_would_ask(image: str, repository: str) -> None:
    assert images.repository(image) == repository


def test_another_repository_is_told_and_another_tag_is_not() -> None:
    assert images.moved(CURRENT, "1.20.0") == (
        "the repository changes from registry.example:5000/shop/catalog to docker.io/library/1.20.0"
    )
    assert images.moved(CURRENT, "mirror.example/shop/catalog:1.20.0").startswith("the registry changes")
    assert images.moved(CURRENT, "registry.example:5000/shop/catalog:1.20.0") == ""
    assert images.moved("nginx:1", "docker.io/library/nginx:2") == ""


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a/web:1", "a/web:2", ("web:1", "web:2")),
        (f"a/web:stable{ONE}", f"a/web:stable{TWO}", ("web:stable@sha256:0a1b2c3", "web:stable@sha256:ff00ff0")),
        (f"a/web:stable{ONE}", "a/web:stable", ("web:stable@sha256:0a1b2c3", "web:stable")),
        (f"a/web{ONE}", f"a/web{ONE}0", (f"a/web{ONE}", f"a/web{ONE}0")),
        ("a/web:1", "b/web:1", ("a/web:1", "b/web:1")),
    ],
)
def test_two_images_never_look_the_same(old: str, new: str, shown: tuple[str, str]) -> None:
    assert images.apart(old, new) == shown


def test_the_container_that_differs_is_shown_wherever_it_stands() -> None:
    old = template(("agent", "agent:7.1"), ("proxy", "proxy:1"), init=(("setup", "setup:1"),))
    sidecar = template(("agent", "agent:7.1"), ("proxy", "proxy:2"), init=(("setup", "setup:1"),))
    assert images.changed(images.differences(old, sidecar)) == ("proxy:1", "proxy:2")
    assert (images.of_template(sidecar, old), images.of_template(old, sidecar)) == ("proxy:2", "proxy:1")
    init = template(("agent", "agent:7.1"), ("proxy", "proxy:1"), init=(("setup", "setup:2"),))
    assert images.changed(images.differences(old, init)) == ("setup:1", "setup:2")
    both = template(("agent", "agent:7.2"), ("proxy", "proxy:2"), init=(("setup", "setup:1"),))
    assert images.changed(images.differences(old, both)) == ("agent:7.1", "agent:7.2 +1")
    assert images.of_template(old, old) == images.of_template(old) == "agent:7.1 +1"


def test_a_container_that_only_one_of_both_has_differs_too() -> None:
    old, new = template(("web", "web:1")), template(("web", "web:1"), ("proxy", "proxy:1"))
    assert images.changed(images.differences(old, new)) == ("none", "proxy:1")
    assert (images.of_template(new, old), images.of_template(old, new)) == ("proxy:1", "no proxy")
