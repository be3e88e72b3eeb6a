"""Objects that no controller would write: what one tenant's objects cost the others."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final

JSON = dict[str, Any]

NESTED: Final = 500
_LONG: Final = 20_000


def spoilt(raw: bytes, number: int) -> bytes:
    """That object with one of the oddities, in turn; under a name and a uid of its own."""
    obj: JSON = json.loads(raw)
    obj["metadata"] |= {"name": f"odd-{number}", "uid": f"odd-{number}", "resourceVersion": str(200_000 + number)}
    _ODDITIES[number % len(_ODDITIES)](obj)
    return json.dumps(obj, separators=(",", ":")).encode()


def _labels(obj: JSON) -> None:
    obj["metadata"]["labels"] = {f"label-{each}": "x" * 60 for each in range(400)}


def _annotation(obj: JSON) -> None:
    obj["metadata"]["annotations"] = {"note": "\x1b]52;c;\u202e漢" * _LONG}


def _deep(obj: JSON) -> None:
    value: object = 1
    for _ in range(NESTED):
        value = {"a": value}
    obj["metadata"]["managedFields"] = [{"fieldsV1": value}]


def _types(obj: JSON) -> None:
    obj["spec"], obj["status"] = [], "none"


def _dates(obj: JSON) -> None:
    obj["metadata"]["creationTimestamp"] = "0000-99-99T99:99:99Z"


def _numbers(obj: JSON) -> None:
    obj["spec"]["replicas"] = obj["metadata"]["generation"] = 10**18


def _owners(obj: JSON) -> None:
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
    obj["metadata"]["ownerReferences"] = [{**reference, "name": "n", "uid": f"nobody-{at}"} for at in range(300)]


def _messages(obj: JSON) -> None:
    obj["status"]["conditions"] = [
        {"type": f"T{at}", "status": "False", "reason": "R", "message": "word " * 2000} for at in range(10)
    ]


def _containers(obj: JSON) -> None:
    spec = obj["spec"].get("template", obj)["spec"]
    spec["containers"] = [{"name": f"c{at}", "image": f"registry.example/{'path/' * 40}{at}"} for at in range(200)]


_ODDITIES: Final[tuple[Callable[[JSON], None], ...]] = (
    _labels,
    _annotation,
    _deep,
    _types,
    _dates,
    _numbers,
    _owners,
    _messages,
    _containers,
)


def spoil(lists: dict[str, list[bytes]], odd: int) -> dict[str, list[bytes]]:
    """Those lists with so many odd objects more: a tenth of them Deployments, a tenth ReplicaSets, the others pods."""
    chance = random.Random(3)
    shares = {"deployments": odd // 10, "replicasets": odd // 10, "pods": odd - 2 * (odd // 10)}
    return {plural: _among(objects, shares.get(plural, 0), chance) for plural, objects in lists.items()}


def _among(objects: list[bytes], odd: int, chance: random.Random) -> list[bytes]:
    kept = list(objects)
    for number in range(odd):
        kept.insert(chance.randrange(len(kept)), spoilt(objects[number % len(objects)], number))
    return kept
