"""A pod as a controller makes it from its template."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.defaults import default, qos_class
from ktui.sim.controllers.common import owner_reference

JSON = dict[str, Any]


def draft_pod(owner: JSON, template: JSON, name: str | None = None) -> JSON:
    """A complete pod, ready to be stored: it shares what it can with the template, which has its defaults already."""
    metadata: JSON = {"name": name} if name else {}
    metadata["generateName"] = f"{owner['metadata']['name']}-"
    metadata["namespace"] = owner["metadata"]["namespace"]
    for field in ("labels", "annotations"):
        if theirs := (template.get("metadata") or {}).get(field):
            metadata[field] = theirs
    metadata["ownerReferences"] = [owner_reference(owner)]
    pod: JSON = {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": dict(template["spec"])}
    if "tolerations" in pod["spec"]:
        pod["spec"]["tolerations"] = list(pod["spec"]["tolerations"])
    default("Pod", pod)
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(pod)}
    return pod
