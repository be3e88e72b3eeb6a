"""Pods as controllers make them from their templates."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.defaults import default, qos_class
from ktui.sim.controllers.common import owner_reference

JSON = dict[str, Any]


class Mould:
    """Makes the pods of one owner and template; they share all that is the same for each."""

    def __init__(self, owner: JSON, template: JSON) -> None:
        self.template = template
        metadata, given = owner["metadata"], template.get("metadata") or {}
        self._metadata: JSON = {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            **{field: given[field] for field in ("labels", "annotations", "finalizers") if given.get(field)},
            "ownerReferences": [owner_reference(owner)],
        }
        spec = dict(template["spec"])
        if "tolerations" in spec:
            spec["tolerations"] = list(spec["tolerations"])
        complete = default("Pod", {"kind": "Pod", "apiVersion": "v1", "metadata": dict(self._metadata), "spec": spec})
        self._spec: JSON = complete["spec"]
        self._status: JSON = {"phase": "Pending", "qosClass": qos_class(complete)}

    def pod(self, name: str | None = None) -> JSON:
        """A complete pod, ready to be stored; its metadata and spec may be added to."""
        metadata: JSON = ({"name": name} if name else {}) | self._metadata
        return {
            "kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": dict(self._spec), "status": self._status,
        }  # fmt: skip
