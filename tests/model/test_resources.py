"""The names of resources, of which some have the same plural."""

from __future__ import annotations

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.model.resources import DEPLOYMENTS, SERVICES, Resource, known_resources, resource_named, unique_name


def test_each_has_a_name_of_its_own_and_those_that_were_released_stay() -> None:
    known: tuple[Resource, ...] = known_resources()
    assert [resource_named(unique_name(each)) for each in known] == list(known)
    assert [unique_name(each) for each in (DEPLOYMENTS, SERVICES, ROLLOUTS)] == ["deployments", "services", "rollouts"]
    assert resource_named("gadgets") is None
