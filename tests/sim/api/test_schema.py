"""The schema, against the official Python client as an independent description of the same API."""

import re
from typing import Any

import pytest
from kubernetes import client

from ktui.sim.api.resources import RESOURCES
from ktui.sim.api.schema import SCALARS, ObjectType, read, type_of_resource, types

SPECIAL = {
    "EventV1": "EventsV1Event",
    "EventV1Series": "EventsV1EventSeries",
    "Event": "CoreV1Event",
    "EventSeries": "CoreV1EventSeries",
    "EndpointPort": "DiscoveryV1EndpointPort",
    "EndpointsPort": "CoreV1EndpointPort",
    "ResourceClaim": "CoreV1ResourceClaim",
    "Subject": "RbacV1Subject",
}
AUTOSCALING_V2 = re.compile("^(HPA|HorizontalPod|Metric|.*Metric(Source|Status)$|CrossVersion)")


def _model_of(name: str) -> Any:
    # The client loads each of its 800 models when it is asked for: asking for all takes many seconds.
    if name in SPECIAL:
        return getattr(client, SPECIAL[name])
    if name.startswith("HorizontalPodAutoscalerV1"):
        return getattr(client, "V1" + name.replace("AutoscalerV1", "Autoscaler"))
    if AUTOSCALING_V2.match(name) and hasattr(client, f"V2{name}"):
        return getattr(client, f"V2{name}")
    return getattr(client, f"V1{name}")


def _is_map(model_type: str) -> bool:
    return model_type.startswith(("dict(", "Dict["))


def _is_list(model_type: str) -> bool:
    return model_type.startswith(("list[", "List["))


@pytest.mark.parametrize("described", read("schema.txt").values(), ids=lambda described: described.name)
def test_every_type_has_the_fields_of_the_official_client(described: ObjectType) -> None:
    model = _model_of(described.name)
    fields = {model.attribute_map[name]: model_type for name, model_type in model.openapi_types.items()}
    assert described.fields.keys() == fields.keys()
    for name, field in described.fields.items():
        container = "list" if _is_list(fields[name]) else "map" if _is_map(fields[name]) else ""
        assert field.container == container, name


def test_every_type_that_is_named_is_there_and_so_is_every_resource() -> None:
    named = {field.type_name for described in types().values() for field in described.fields.values()}
    assert named - types().keys() <= SCALARS
    missing = {resource.kind for resource in RESOURCES if type_of_resource(resource) is None}
    assert missing == {"NodeMetrics", "PodMetrics"}


def test_items_of_keyed_lists_have_their_keys() -> None:
    for described in types().values():
        for field in described.fields.values():
            if field.keys:
                assert set(field.keys) <= types()[field.type_name].fields.keys()
