"""What a recording of a namespace tells: the parts in which two runs of one scenario on a real cluster always agree.

Names, uids, versions, times, addresses and hashes differ from run to run and are set aside. kubectl's progress lines
depend on timing; its verdicts do not.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

JSON = dict[str, Any]
Lines = Iterable[JSON]

_ASIDE = {
    "uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "observedGeneration", "namespace",
    "lastUpdateTime", "lastTransitionTime", "pod-template-hash", "ownerReferences", "generateName",
    "kubectl.kubernetes.io/last-applied-configuration", "kubectl.kubernetes.io/restartedAt",
}  # fmt: skip
_HASHED = re.compile(r"\b([a-z][a-z0-9]*(?:-[a-z]+)*)-[a-z0-9]{5,10}(?:-[a-z0-9]{5})?\b")
_VERDICT = re.compile(r"exit |error:|deployment .* success|\d+ +\S")
_KINDS = ("deployments", "replicasets", "statefulsets", "daemonsets")


@dataclass
class Story:
    """One scenario as it went."""

    final: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    events: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """How often each event was counted, by kind and reason."""
    verdicts: list[str] = field(default_factory=list)

    def differences(self, other: Story) -> Iterator[str]:
        """What is not told alike, one sentence each."""
        for name in sorted(self.final.keys() | other.final.keys()):
            yield from _compare(self.final.get(name), other.final.get(name), name)
        for name in sorted(self.conditions.keys() | other.conditions.keys()):
            ours, theirs = self.conditions.get(name, []), other.conditions.get(name, [])
            if set(ours) != set(theirs):
                yield f"conditions of {name}: {ours} against {theirs}"
        for reason in sorted(self.events.keys() | other.events.keys()):
            one, two = (_how_often(each.events.get(reason, {})) for each in (self, other))
            if one != two:
                yield f"{' '.join(reason)}: {one} against {two}"
        if self.verdicts != other.verdicts:
            yield f"kubectl's verdicts: {self.verdicts} against {other.verdicts}"


def recorded(path: Path) -> Iterator[JSON]:
    """The lines of a recording."""
    with gzip.open(path, "rb") as lines:
        yield from (msgspec.json.decode(line) for line in lines)


def story_of(lines: Lines) -> Story:
    """What a recording tells."""
    story = Story()
    living: dict[tuple[str, str], JSON] = {}
    for line in lines:
        if "note" in line and _VERDICT.match(line["note"]) and not line["note"].startswith("Warning"):
            story.verdicts.append(line["note"])
        for kind, type_, obj in _changes(line):
            key = (kind, obj["metadata"]["uid"])
            if type_ == "DELETED":
                living.pop(key, None)
            else:
                living[key] = obj
            _note(story, kind, obj)
    for (kind, _), obj in living.items():
        if kind in _KINDS:
            name, told = _final(kind, obj)
            story.final[name] = told
    return story


def _changes(line: JSON) -> Iterator[tuple[str, str, JSON]]:
    if "path" not in line:
        return
    kind = line["path"].rsplit("/", 1)[1]
    if "list" in line:
        yield from ((kind, "ADDED", obj) for obj in line["list"]["items"])
    elif line["event"]["type"] not in ("BOOKMARK", "ERROR"):
        yield kind, line["event"]["type"], line["event"]["object"]


def _note(story: Story, kind: str, obj: JSON) -> None:
    if kind == "deployments":
        _note_deployment(story, obj)
    elif kind == "events" and obj["involvedObject"]["kind"] != "Pod":
        reason = (obj["involvedObject"]["kind"], obj["reason"])
        story.events.setdefault(reason, {})[obj["metadata"]["name"]] = obj["count"]


def _note_deployment(story: Story, deployment: JSON) -> None:
    name = deployment["metadata"]["name"]
    seen = story.conditions.setdefault(name, [])
    for condition in deployment["status"].get("conditions") or ():
        told = (condition["type"], condition["status"], condition["reason"])
        if told not in seen:
            seen.append(told)


def _how_often(counts: dict[str, int]) -> str:
    """Once or more often; how much more often is a matter of timing."""
    return "never" if not counts else "once" if sum(counts.values()) == 1 else "more often"


def _final(kind: str, obj: JSON) -> tuple[str, Any]:
    told = {part: value for part, value in _without(obj).items() if part not in ("kind", "apiVersion")}
    if kind != "replicasets":
        return f"{kind}/{obj['metadata']['name']}", told
    del told["metadata"]["name"]
    return f"replicasets/{obj['metadata']['annotations'].get('deployment.kubernetes.io/revision')}", told


def _without(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, key) for key, inner in sorted(value.items()) if key not in _ASIDE}
    if isinstance(value, list):
        items = [_without(item, name) for item in value]
        return sorted(items, key=lambda item: item["type"]) if name == "conditions" else items
    return _HASHED.sub(r"\1-*", value) if isinstance(value, str) and name in ("message", "name") else value


def _compare(one: Any, other: Any, where: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _compare(one.get(key), other.get(key), f"{where}.{key}")
    elif one != other:
        yield f"{where}: {json.dumps(one)[:200]} against {json.dumps(other)[:200]}"
