"""Each field that ktui reads, with a value of another type: the object is named with that field, and stands alone."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from itertools import pairwise
from types import UnionType
from typing import Any

import msgspec
import pytest

from ktui.kinds.registry import EXTENSIONS, KINDS
from ktui.kube.api import readable
from ktui.kube.errors import KubeError
from ktui.kube.streams.decoder import Unreadable, WatchDecoder, decode_page
from ktui.model.changes import Put
from ktui.model.reading import in_words
from ktui.model.resources import Resource

JSON = dict[str, Any]
WORKLOADS = [kind.resource for kind in (*KINDS, *EXTENSIONS)]
READ = list(dict.fromkeys(each for kind in (*KINDS, *EXTENSIONS) for each in (kind.resource, *kind.parts)))
CONTAINERS = {"containers": [{"name": "web", "image": "web:1.0"}]}
ODD: tuple[Any, ...] = ([["?"]], {"?": ["?"]}, "?", 5)
REASON = re.compile(
    r"(must be (a|an|text|true or false)\b.*, and is (a|an|text|true or false)\b|is not .*|: .*|is missing)"
)


def _whole(resource: Resource, name: str) -> JSON:
    spec = CONTAINERS if resource.kind == "Revision" else {"template": {"spec": CONTAINERS}}
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"metadata": metadata, "spec": spec}


def _fields(kind: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The place and the type of each field within a type, those of what a list has too."""
    if typing.get_origin(kind) in (typing.Union, UnionType):
        for each in typing.get_args(kind):
            yield from _fields(each, place)
    elif typing.get_origin(kind) in (tuple, list):
        yield from _fields(typing.get_args(kind)[0], (*place, 0))
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        for field in msgspec.structs.fields(kind):
            if field.type is not Any:
                yield (*place, field.encode_name), field.type
            yield from _fields(hints[field.name], (*place, field.encode_name))


def _odd(kind: Any) -> Any:
    """A value that this type does not take."""
    for value in ODD:
        try:
            msgspec.convert(value, kind)
        except (msgspec.ValidationError, NotImplementedError):
            return value
    raise AssertionError(kind)


def _with(obj: JSON, place: tuple[str | int, ...], value: Any) -> JSON:
    changed: Any = msgspec.json.decode(msgspec.json.encode(obj))
    at = changed
    for here, after in pairwise(place):
        empty: Any = [] if after == 0 else {}
        if here == 0:
            at[:] = at or [empty]
        else:
            at.setdefault(here, empty)
        at = at[here]
    if place[-1] == 0:
        at[:] = [value]
    else:
        at[place[-1]] = value
    return typing.cast(JSON, changed)


def _written(place: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if part == 0 else f".{part}" for part in place).lstrip(".")


@pytest.mark.parametrize("resource", READ, ids=lambda resource: f"{resource.plural}.{resource.group}")
def test_each_field_of_another_type_is_named(resource: Resource) -> None:
    whole = _whole(resource, "web")
    readable(whole, resource)
    found = [(place, kind) for place, kind in _fields(resource.type) if place[0] in ("spec", "status")]
    assert found or not resource.is_workload
    for place, kind in found:
        with pytest.raises(KubeError) as raised:
            readable(_with(whole, place, _odd(kind)), resource)
        named = re.escape(f"The {resource.title} web cannot be read: ")
        said = re.fullmatch(rf"{named}{re.escape(_written(place))}(?:\[0\])?(?: |:)(.+)\.", str(raised.value))
        assert said, (place, str(raised.value))
        assert REASON.search(str(raised.value)), str(raised.value)


@pytest.mark.parametrize("resource", WORKLOADS, ids=lambda resource: f"{resource.plural}.{resource.group}")
def test_one_that_cannot_be_read_leaves_the_others_alone(resource: Resource) -> None:
    items = [_whole(resource, "a"), _with(_whole(resource, "odd"), ("status",), "?"), _whole(resource, "b")]
    page = decode_page(resource, msgspec.json.encode({"metadata": {"resourceVersion": "9"}, "items": items}))
    watched = WatchDecoder(resource, "5").feed(
        msgspec.json.encode({"type": "MODIFIED", "object": each}) for each in items
    )
    for first, report, last in (page.contents, watched):
        assert isinstance(first, Put)
        assert isinstance(last, Put)
        assert isinstance(report, Unreadable)
        assert (
            report.sentence == f"The {resource.title} shop/odd cannot be read: status must be an object, and is text."
        )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Expected `int | str | null`, got `array` - at `$.a[0].b`",
            "a[0].b must be a whole number or text, and is a list",
        ),
        ("Expected `object`, got `null` - at `$.spec`", "spec must be an object, and is null"),
        ("Expected `object`, got `str`", "it must be an object, and is text"),
        ("Object missing required field `template` - at `$.spec`", "spec.template is missing"),
        ("Object missing required field `metadata`", "metadata is missing"),
        (
            "Expected `str`, got `int` - at `$[0].name` - at `$.spec.containers` - at `$.spec.template`",
            "spec.template.spec.containers[0].name must be text, and is a whole number",
        ),
        ("it is not a pod template - at `$.spec.template`", "spec.template is not a pod template"),
        ("Invalid RFC3339 encoded datetime - at `$.a`", "a: Invalid RFC3339 encoded datetime"),
    ],
)
def test_what_the_decoder_says_becomes_a_sentence(said: str, sentence: str) -> None:
    assert in_words(said) == sentence


@pytest.mark.parametrize("amount", [1, 0.5, "500m"])
def test_an_amount_that_is_a_number_in_a_custom_resource_is_read(amount: object) -> None:
    for resource in WORKLOADS:
        whole = _whole(resource, "web")
        asked = {"resources": {"requests": {"cpu": amount}, "limits": {"memory": 1024}}}
        whole["spec"]["template"]["spec"]["containers"][0] = CONTAINERS["containers"][0] | asked
        found: Any = readable(whole, resource)
        if found.spec.template.containers:
            asks = found.spec.template.containers[0].resources
            assert (asks.requests.of("cpu"), asks.limits.of("memory")) == (str(amount), "1024")
