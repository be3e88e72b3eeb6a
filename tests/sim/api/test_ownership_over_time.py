"""managedFields after many writes by several clients: what is owned is there, and no two writers own one value."""

import copy
import random
from typing import Any

import pytest

from ktui.sim.api import defaults, managed
from ktui.sim.api.errors import ApiError
from ktui.sim.api.fieldsets import PRESENT, decode, owned_fields
from ktui.sim.api.resources import of
from ktui.sim.api.tidying import tidy

JSON = dict[str, Any]
DEPLOYMENTS = of("apps", "deployments")
CONTAINERS = {"f:annotations", "f:labels", "f:env", "f:ports", "f:requests", "f:resources"}
"""What is left out where an apply has emptied it, whoever owned that it was there."""
MANAGERS = ("kubectl", "helm", "ktui")


def _some(chance: random.Random, choices: list[str]) -> list[str]:
    return chance.sample(choices, chance.randint(0, len(choices)))


def _spec(chance: random.Random) -> JSON:
    containers = [
        {
            "name": name,
            "image": chance.choice(["x:1", "x:2"]),
            "env": [{"name": key, "value": chance.choice("ab")} for key in _some(chance, ["A", "B"])],
            "ports": [{"containerPort": int(port), "protocol": "TCP"} for port in _some(chance, ["80", "81"])],
            "resources": {"requests": dict.fromkeys(_some(chance, ["cpu", "memory"]), "1")},
        }
        for name in _some(chance, ["c", "d"])
    ]
    spec: JSON = {
        "template": {
            "metadata": {"labels": {key: chance.choice("ab") for key in _some(chance, ["l", "m"])}},
            "spec": {"containers": containers, "nodeSelector": {"n": chance.choice("ab")}},
        }
    }
    for field, values in (("replicas", [1, 2]), ("paused", [True]), ("minReadySeconds", [3])):
        if chance.random() < 0.5:
            spec[field] = chance.choice(values)
    return spec


def _applied(chance: random.Random) -> JSON:
    metadata = {"name": "web", "annotations": {key: chance.choice("ab") for key in _some(chance, ["a", "b"])}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": _spec(chance)}


def _written(chance: random.Random, current: JSON) -> JSON:
    """What one random client makes of an object: a replacement, or an apply."""
    manager, now = chance.choice(MANAGERS), f"2026-11-23T13:00:{chance.randint(10, 59)}Z"
    if chance.random() < 0.5:
        new = defaults.default("Deployment", _applied(chance))
        managed.record(DEPLOYMENTS, current, new, manager, now)
        return new
    try:
        made = managed.apply(DEPLOYMENTS, current, _applied(chance), manager, now, force=chance.random() < 0.7)
    except ApiError:
        return current
    return defaults.default("Deployment", made)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_owned_is_there_and_writers_do_not_share(seed: int) -> None:
    chance = random.Random(seed)
    current = defaults.default("Deployment", _applied(chance))
    managed.record(DEPLOYMENTS, None, current, "kubectl", "2026-11-23T13:00:00Z")
    for _ in range(25):
        before = copy.deepcopy(current)
        new = _written(chance, current)
        assert current == before, "a write must leave the object that it was made for alone"
        current = new
        fields = owned_fields(current)
        there = {path[:end] for path in fields for end in range(1, len(path) + 1)}
        writers: set[tuple[str, ...]] = set()
        for entry in current["metadata"]["managedFields"]:
            values = {path for path in decode(entry["fieldsV1"]) if fields.get(path, PRESENT) is not PRESENT}
            if entry["operation"] == "Update":
                gone = decode(entry["fieldsV1"]) - there
                assert {path[-1] for path in gone} <= CONTAINERS
                assert not values & writers
                writers |= values


@pytest.mark.parametrize("seed", range(20))
def test_an_apply_holds_until_someone_else_writes(seed: int) -> None:
    chance = random.Random(seed)
    current = defaults.default("Deployment", _applied(chance))
    managed.record(DEPLOYMENTS, None, current, "kubectl", "2026-11-23T13:00:00Z")
    wanted = _applied(chance)
    once = defaults.default(
        "Deployment", managed.apply(DEPLOYMENTS, current, wanted, "ktui", "2026-11-23T13:00:01Z", force=True)
    )
    again = defaults.default("Deployment", managed.apply(DEPLOYMENTS, once, wanted, "ktui", "2026-11-23T13:00:02Z"))
    assert again == once
    fields = owned_fields(once)
    tidy("Deployment", wanted)
    values = {path: value for path, value in owned_fields(wanted).items() if value is not PRESENT}
    assert {path: fields.get(path) for path in values} == values
