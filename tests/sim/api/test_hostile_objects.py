"""Objects that nobody should send: each is stored or refused in words, and none makes the server fail."""

import json
import random
from typing import Any

import pytest

from ktui.sim.api import decoding, defaults, managed, validation, versioned
from ktui.sim.api.errors import ApiError
from ktui.sim.api.patch import MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from ktui.sim.api.resources import BUILT_IN, Resource
from tests.sim.api.hostile import mutated, recorded_kinds

JSON = dict[str, Any]
KINDS = recorded_kinds()


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
    resource = BUILT_IN.by_kind(KINDS[kind]["apiVersion"], kind)
    assert resource is not None
    refused = 0
    for _ in range(400):
        sent = mutated(KINDS[kind], chance)
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
    resource = BUILT_IN.by_kind(KINDS[kind]["apiVersion"], kind)
    assert resource is not None
    current = _stored(resource, KINDS[kind])
    for _ in range(300):
        patch = mutated(KINDS[kind], chance)
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
