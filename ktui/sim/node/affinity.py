"""Which nodes a pod insists on, as far as controllers of this cluster say so."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def bound_to(pod: JSON) -> str:
    """The one node that a pod of a DaemonSet may run on; empty for any other pod."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name" and field["operator"] == "In":
                return str(field["values"][0])
    return ""
