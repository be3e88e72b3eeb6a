"""Set image by a tag alone, other repositories, and the container that differs in plans and histories."""

from __future__ import annotations

import pytest

from ktui.kinds.deployment.history import history
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack, SetImage
from tests.plans.builders import JSON, complete, deployment, made, replicaset, template
from tests.plans.operator import canary
from tests.plans.planned import planned
from tests.plans.set_operator import SetOperator


def image(made_plan: Plan) -> str:
    return str(made_plan.after["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.mark.parametrize("wanted", ["5.1", ":5.1"])
@pytest.mark.parametrize("name", ["cart", "*"])
def test_a_tag_alone_keeps_the_repository(name: str, wanted: str) -> None:
    made_plan = planned(SetImage(((name, wanted),)), complete())
    assert image(made_plan) == "registry.example/shop/cart:5.1"
    assert made_plan.title == "Set the image of shop/cart to cart:5.1"
    assert made_plan.effects[0] == "Container cart: cart:5.0 → cart:5.1."
    assert not made_plan.warnings
    assert made_plan.commands[0].endswith("set image deployment/cart cart=registry.example/shop/cart:5.1")


def test_so_it_does_for_a_canary_and_a_set() -> None:
    assert image(planned(canary("5.1"), complete())) == "registry.example/shop/cart:5.1"
    assert image(SetOperator().planned(SetImage((("db", "7"),)))) == "registry.example/db:7"


def test_another_repository_is_warned_of() -> None:
    made_plan = planned(SetImage((("cart", "cart:5.1"),)), complete())
    assert made_plan.warnings[0] == (
        "Container cart: the repository changes from registry.example/shop/cart to docker.io/library/cart."
    )


def with_agent(cart: str, agent: str) -> JSON:
    made_template = template(f"registry.example/shop/cart:{cart}")
    made_template["spec"]["containers"].append({"name": "agent", "image": f"registry.example/agent:{agent}"})
    return made_template


def test_the_container_that_differs_is_named_in_the_plan_of_a_roll_back() -> None:
    new, old = with_agent("5.0", "7.2"), with_agent("5.0", "7.1")
    subject = made(deployment(new), replicaset(31, new, count=4), replicaset(30, old))
    made_plan = planned(RollBack(), subject)
    assert made_plan.title == "Roll back shop/cart to revision 30 (agent:7.1)"
    assert made_plan.effects[0] == (
        "4 pods of revision 31, image agent:7.2, will be replaced by revision 30, image agent:7.1."
    )
    assert made_plan.undo.sentence == "Roll back to revision 31 (agent:7.2)."
    newest = history(subject.workload, subject.revisions).revisions[0]
    assert [(each.short, each.is_new) for each in newest.images] == [("cart:5.0", False), ("agent:7.2", True)]


def test_the_same_tag_with_another_digest_is_seen() -> None:
    new, old = (template(f"registry.example/shop/cart:stable@sha256:{digest * 8}") for digest in ("0a1b", "ff00"))
    subject = made(deployment(new), replicaset(31, new, count=4), replicaset(30, old))
    assert planned(RollBack(), subject).effects[0] == (
        "4 pods of revision 31, image cart:stable@sha256:0a1b0a1, will be replaced by revision 30, image "
        "cart:stable@sha256:ff00ff0."
    )
    past = history(subject.workload, subject.revisions).revisions
    assert past[0].images[0].short == "cart:stable@sha256:0a1b0a1"
