"""Objects that nobody should send, made of recorded ones."""

import copy
import random
from collections.abc import Iterator
from typing import Any

from tests.sim.api.recorded import every_write

JSON = dict[str, Any]
STRANGE: tuple[Any, ...] = (None, "", "x", -1, 0, 2**63, 1.5, True, [], [None], ["x"], [{}], {}, {"x": None}, {"x": {}})


def recorded_kinds() -> dict[str, JSON]:
    """The first recorded object of each kind."""
    kinds: dict[str, JSON] = {}
    for write in every_write():
        kinds.setdefault(write.new["kind"], write.new)
    return kinds


def mutated(obj: JSON, chance: random.Random) -> JSON:
    """A copy in which up to three values are missing, or of another type, or of a size that makes no sense."""
    result = copy.deepcopy(obj)
    for _ in range(chance.randint(1, 3)):
        places = [place for place in _places(result) if place[0] not in ("apiVersion", "kind")]
        if not places:
            break
        *parents, last = chance.choice(places)
        target: Any = result
        for step in parents:
            target = target[step]
        if chance.random() < 0.3:
            del target[last]
        else:
            target[last] = copy.deepcopy(chance.choice(STRANGE))
    return result


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from _places(inner, (*at, key))
