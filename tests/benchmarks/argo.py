"""Argo Rollouts as bytes, from a recording of the real controller, and what a server says of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

JSON = dict[str, Any]

RECORDING: Final = Path(__file__).parents[1] / "recordings" / "argo" / "canary-steps.jsonl.gz"

KINDS: Final = {
    "rollouts": ("argoproj.io/v1alpha1", "Rollout"),
    "analysisruns": ("argoproj.io/v1alpha1", "AnalysisRun"),
    "experiments": ("argoproj.io/v1alpha1", "Experiment"),
    "jobs": ("batch/v1", "Job"),
    "services": ("v1", "Service"),
}


def discovery() -> JSON:
    """The aggregated answer at `/apis`."""
    groups: dict[tuple[str, str], list[JSON]] = {}
    for plural, (group_version, _) in KINDS.items():
        group, _, version = group_version.rpartition("/")
        if group:
            groups.setdefault((group, version), []).append({"resource": plural})
    items = [
        {"metadata": {"name": group}, "versions": [{"version": version, "resources": served}]}
        for (group, version), served in groups.items()
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


def rollouts(count: int) -> Iterator[bytes]:
    """So many that are complete, each under a name and a uid of its own."""
    with gzip.open(RECORDING, "rb") as file:
        objects = [(json.loads(line).get("event") or {}).get("object") or {} for line in file]
    last = [each for each in objects if each.get("kind") == "Rollout"][-1]
    for number in range(count):
        meta = {**last["metadata"], "name": f"rollout-{number}", "namespace": f"team-{number % 20}"}
        meta |= {"uid": f"rollout-{number}", "resourceVersion": str(100_000 + number)}
        yield json.dumps({**last, "metadata": meta}, separators=(",", ":")).encode()
