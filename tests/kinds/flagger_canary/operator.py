"""Someone who acts on a Canary of a recording: plans on what there was at that second."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from functools import cache
from typing import Any

from ktui.kinds.flagger_canary.plans.known import CanarySubject, also, subject
from ktui.model.resources import Resource
from tests.recorded import FOLDER, clock
from tests.replayed import Replayed

JSON = dict[str, Any]


@cache
def _replayed(name: str) -> Replayed:
    return Replayed(FOLDER / "flagger" / f"{name}.jsonl.gz")


def objects_at(name: str, at: float) -> dict[str, list[JSON]]:
    """All raw objects by the plural of their resource."""
    replayed = _replayed(name)
    replayed.at = at
    return {path.rpartition("/")[2]: replayed.objects(path) for path in {path for _, path, _, _ in replayed.steps}}


def on(name: str, at: float, *, spec: JSON | None = None, status: JSON | None = None) -> CanarySubject:
    """What an action is planned on at that second; `spec` and `status` replace members."""
    there = objects_at(name, at)
    (raw,) = deepcopy(there["canaries"])
    raw["spec"] |= spec or {}
    raw["status"] |= status or {}
    found: dict[tuple[Resource, str], JSON] = {}
    for resource, wanted in also(raw):
        for each in there.get(resource.plural, ()):
            if each["metadata"]["name"] == wanted:
                found[resource, wanted] = each
    listed = [there.get(plural, []) for plural in ("replicasets", "controllerrevisions")]
    return subject(raw, listed, clock(f"flagger/{name}") + timedelta(seconds=at), also=found)
