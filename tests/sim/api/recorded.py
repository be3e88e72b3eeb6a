"""The recordings of a real control plane, as plain objects: what the simulator's own answers are compared with."""

import copy
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

JSON = dict[str, Any]

RECORDINGS = Path(__file__).parents[2] / "recordings"
SCENARIOS = sorted(
    path.name.removesuffix(".jsonl.gz") for path in RECORDINGS.glob("*.jsonl.gz") if "http-" not in path.name
)


@dataclass(frozen=True)
class Write:
    """An object as one write left it; ``old`` is None where that write created it."""

    scenario: str
    old: JSON | None
    new: JSON

    @property
    def label(self) -> str:
        metadata = self.new["metadata"]
        return f"{self.scenario}: {self.new['kind']} {metadata['name']} at {metadata['resourceVersion']}"


@cache
def exchanges() -> tuple[JSON, ...]:
    """The recorded requests and responses, in order."""
    with gzip.open(RECORDINGS / "http-exchanges.jsonl.gz", "rb") as lines:
        return tuple(msgspec.json.decode(line) for line in lines)


def exchange(note: str) -> JSON:
    """The first recorded pair with this note."""
    return copy.deepcopy(next(pair for pair in exchanges() if pair["note"] == note))


@cache
def writes(scenario: str) -> tuple[Write, ...]:
    """Each version of each object of a scenario, beside the one before it."""
    return tuple(_writes(scenario))


def _writes(scenario: str) -> Iterator[Write]:
    last: dict[str, JSON] = {}
    with gzip.open(RECORDINGS / f"{scenario}.jsonl.gz", "rb") as lines:
        for line in lines:
            event = msgspec.json.decode(line).get("event") or {}
            if event.get("type") not in ("ADDED", "MODIFIED"):
                continue
            new = event["object"]
            uid = new["metadata"]["uid"]
            if uid in last or event["type"] == "ADDED":
                yield Write(scenario, last.get(uid), new)
            last[uid] = new


def every_write() -> Iterator[Write]:
    for scenario in SCENARIOS:
        yield from writes(scenario)
