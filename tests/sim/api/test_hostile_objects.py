"""Objects that nobody should send: each is stored or refused in words, and none makes the server fail."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ktui.sim.api import decoding, defaults, managed, validation, versioned
from ktui.sim.api.errors import ApiError
from ktui.sim.api.patch import MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from ktui.sim.api.resources import Resource, by_kind
from tests.sim.api.recorded import every_write

JSON = dict[str, Any]
STRANGE: tuple[Any, ...] = (None, "", "x", -1, 0, 2**63, 1.5, True, [], [None], ["x"], [{}], {}, {"x": None}, {"x": {}})


def _recorded_kinds() -> dict[str, JSON]:
    kinds: dict[str, JSON] = {}
    for write in every_write():
        kinds.setdefault(write.new["kind"], write.new)
    return kinds


KINDS = _recorded_kinds()


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from _places(inner, (*at, key))


def _mutated(obj: JSON, chance: random.Random) -> JSON:
    mutated = copy.deepcopy(obj)
    for _ in range(chance.randint(1, 3)):
        places = [place for place in _places(mutated) if place[0] not in ("apiVersion", "kind")]
        *parents, last = chance.choice(places)
        target: Any = mutated
        for step in parents:
            target = target[step]
        if chance.random() < 0.3:
            del target[last]
        else:
            target[last] = copy.deepcopy(chance.choice(STRANGE))
    return mutated


def _stored(resource: Resource, sent: JSON) -> JSON:
    """What a create does, as far as this package goes.

    Raises:
        ApiError: it is refused.
    """
    obj, _ = decoding.read_object(resource, json.dumps(sent).encode(), "application/json", decoding.WARN)
    obj = versioned.prepare_create(resource, obj)
    defaults.default(resource.kind, obj)
    if causes := validation.validate(resource, obj):
        raise ApiError(422, "Invalid", causes[0].message)
    managed.record(resource, None, obj, "fuzzer", "2026-11-23T13:00:00Z")
    return obj


@pytest.mark.parametrize("kind", KINDS)
def test_no_create_makes_the_server_fail(kind: str) -> None:
    chance = random.Random(kind)
    resource = by_kind(KINDS[kind]["apiVersion"], kind)
    assert resource is not None
    refused = 0
    for _ in range(400):
        sent = _mutated(KINDS[kind], chance)
        try:
            _stored(resource, sent)
        except ApiError:
            refused += 1
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the fault that is looked for)
            pytest.fail(f"{error!r} for {json.dumps(sent)}")
    assert refused > 0


@pytest.mark.parametrize("content_type", [MERGE_PATCH, STRATEGIC_PATCH])
@pytest.mark.parametrize("kind", ["Deployment", "Pod", "Service"])
def test_no_patch_makes_the_server_fail(kind: str, content_type: str) -> None:
    chance = random.Random(kind + content_type)
    resource = by_kind(KINDS[kind]["apiVersion"], kind)
    assert resource is not None
    current = _stored(resource, KINDS[kind])
    for _ in range(300):
        patch = _mutated(KINDS[kind], chance)
        try:
            new = apply_patch(content_type, current, json.dumps(patch).encode(), kind)
            decoding.check_patched(resource, new, decoding.WARN)
            new = versioned.prepare_update(resource, current, defaults.default(kind, new))
            validation.validate(resource, new, current)
            managed.record(resource, current, new, "fuzzer", "2026-11-23T13:00:00Z")
        except ApiError:
            continue
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the fault that is looked for)
            pytest.fail(f"{error!r} for {json.dumps(patch)}")
