"""What the real controller of Argo Rollouts did, as it was recorded: in comparable form."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

JSON = dict[str, Any]
RECORDINGS = Path(__file__).parents[1] / "recordings" / "argo"
_HASHES = re.compile(r"\b(web)-[0-9a-z]{7,10}(?:-[0-9a-z]{5})?\b")
_PASSING = ("old replicas are pending termination", "updated replicas are still becoming available")
"""Which of these is seen at the end of an update depends on whether the last old pod or the last new one is faster."""


def recorded(name: str, kind: str = "Rollout") -> list[JSON]:
    """The objects of a kind that went by in a recording."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        events = [line["event"]["object"] for line in map(msgspec.json.decode, lines) if "event" in line]
    return [obj for obj in events if obj.get("kind") == kind]


def _bare(text: str | None) -> str:
    return re.sub(r"\([0-9a-z]{7,10}\)", "(*)", _HASHES.sub(r"\1-*", text or ""))


def story(rollouts: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """Phase, message, step and weight, each time that one of them changes."""
    told: list[tuple[Any, ...]] = []
    for each in rollouts:
        status = each.get("status") or {}
        weight = ((status.get("canary") or {}).get("weights") or {}).get("canary", {}).get("weight")
        message = _bare(status.get("message"))
        message = "pods come and go" if message in _PASSING else message
        row = (status.get("phase"), message, status.get("currentStepIndex"), weight)
        if status.get("phase") and (not told or told[-1] != row):
            told.append(row)
    return told


def conditions(rollouts: Iterable[JSON]) -> set[tuple[str, ...]]:
    """Every condition that there was, in its words."""
    found = [condition for each in rollouts for condition in (each.get("status") or {}).get("conditions") or ()]
    return {tuple(_bare(each[name]) for name in ("type", "status", "reason", "message")) for each in found}


def reasons(events: Iterable[JSON]) -> set[tuple[str, str]]:
    """The kinds of events about Rollouts and AnalysisRuns."""
    told = [each for each in events if each["involvedObject"]["kind"] in ("Rollout", "AnalysisRun")]
    return {(each["type"], each["reason"]) for each in told}
