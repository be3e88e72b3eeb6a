"""The raw objects of recordings, change by change: what the replays of kinds are made from."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import msgspec

from tests.recorded import FOLDER

JSON = dict[str, Any]


class Step(NamedTuple):
    """One change of an object, at `t` seconds; None for one that went."""

    t: float
    path: str
    """Of its collection, without a namespace."""
    uid: str
    obj: JSON | None
    version: str

    @property
    def plural(self) -> str:
        return self.path.rpartition("/")[2]


class Recordings:
    """Those of one folder, by name."""

    def __init__(self, folder: str) -> None:
        self._folder = FOLDER / folder
        self.names = sorted(file.name.removesuffix(".jsonl.gz") for file in self._folder.glob("*.jsonl.gz"))

    @cache  # noqa: B019 - one for each folder, for as long as the tests run
    def lines(self, name: str) -> tuple[JSON, ...]:
        with gzip.open(self._folder / f"{name}.jsonl.gz", "rb") as file:
            next(file)
            return tuple(map(msgspec.json.decode, file))

    @cache  # noqa: B019
    def steps(self, name: str) -> tuple[Step, ...]:
        """Every change, in the order in which it arrived."""
        found = []
        for line in self.lines(name):
            path = re.sub(r"/namespaces/[^/]+", "", line.get("path", ""))
            event = line.get("event") or {}
            items = (line.get("list") or {}).get("items") or ()
            if event.get("type") in ("ADDED", "MODIFIED", "DELETED"):
                items = (*items, event["object"])
            for item in items:
                meta, gone = item["metadata"], event.get("type") == "DELETED"
                found.append(
                    Step(line["t"], path, meta["uid"], None if gone else item, meta.get("resourceVersion", ""))
                )
        return tuple(found)

    @cache  # noqa: B019
    def clock(self, name: str) -> datetime:
        """When the recording began by the cluster's clock, whose stamps are whole seconds."""
        return sorted(self._births(name))[-1] + timedelta(seconds=0.5)

    def _births(self, name: str) -> list[datetime]:
        return [
            datetime.fromisoformat(step.obj["metadata"]["creationTimestamp"]).astimezone(UTC)
            - timedelta(seconds=step.t)
            for step in self.steps(name)
            if step.obj is not None and step.t > 0.5 and step.version
        ]

    def end(self, name: str) -> float:
        """The last second of the recording."""
        return max(step.t for step in self.steps(name))

    def there(self, name: str, t: float) -> dict[str, dict[str, JSON]]:
        """What there was at `t` seconds: raw objects by uid, by the path of their collection."""
        found: dict[str, dict[str, JSON]] = {}
        for step in self.steps(name):
            if step.t > t:
                break
            if step.obj is None:
                found.get(step.path, {}).pop(step.uid, None)
            else:
                found.setdefault(step.path, {})[step.uid] = step.obj
        return found

    def notes(self, name: str) -> list[tuple[float, str]]:
        """What the scenario ran and what was printed, line by line."""
        return [(line["t"], line["note"]) for line in self.lines(name) if "note" in line]
