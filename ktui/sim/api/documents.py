"""JSON and YAML documents, read as the API server's decoder reads them and worded as Go words their faults."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

JSON = dict[str, Any]


_DEEPEST = 200


def from_json(body: bytes) -> tuple[Any, list[str]]:
    """What a JSON document says, and its fields that come twice, the last of which counts.

    Raises:
        ValueError: it is not well formed, or so deep that nobody can mean it.
    """
    try:
        loaded = json.loads(body, object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    duplicates = list(_duplicates(loaded))
    return (json.loads(body) if duplicates else loaded), duplicates


class _Ambiguous(dict[str, Any]):
    """A JSON object some fields of which came twice."""

    twice: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> JSON:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    ambiguous = _Ambiguous(found)
    ambiguous.twice = tuple(name for name in found if names.count(name) > 1)
    return ambiguous


def _duplicates(value: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError("exceeded max depth")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _duplicates(item, f"{at}[{index}]", depth + 1)
    elif isinstance(value, dict):
        before = f"{at}." if at else ""
        if isinstance(value, _Ambiguous):
            yield from (f'duplicate field "{before}{name}"' for name in value.twice)
        for name, inner in value.items():
            yield from _duplicates(inner, before + name, depth + 1)


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML as JSON would have it: a time is a string."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def from_yaml(body: bytes) -> Any:
    """What a YAML document says.

    Raises:
        YAMLError: it is not well formed.
        ValueError: it cannot be shown in JSON, as something that contains itself.
    """
    loader = _PlainLoader(body)
    try:
        return from_json(json.dumps(loader.get_single_data(), allow_nan=False).encode())[0]
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()


def in_words_of_go(error: json.JSONDecodeError) -> str:
    """What is wrong with a JSON document."""
    if error.pos >= len(error.doc):
        return "unexpected end of JSON input"
    expected = {
        "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
        "Expecting ':' delimiter": "after object key",
        "Expecting ',' delimiter": "after object key:value pair",
        "Extra data": "after top-level value",
    }
    place = expected.get(error.msg, "looking for beginning of value")
    return f"invalid character '{error.doc[error.pos]}' {place}"
