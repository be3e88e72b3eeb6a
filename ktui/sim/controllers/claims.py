"""The volume claims of a StatefulSet's pods: one for each claim template and pod, kept when the pod goes."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import resources
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER

JSON = dict[str, Any]
CLAIMS = resources.of("", "persistentvolumeclaims")


def with_claims(owner: JSON, pod: JSON) -> JSON:
    """The pod with the volumes that its set's claim templates ask for (stateful_set_utils.go: updateStorage)."""
    claimed = {volume["name"]: volume for volume in _volumes(owner, pod)}
    others = [volume for volume in pod["spec"].get("volumes") or () if volume["name"] not in claimed]
    return pod | {"spec": pod["spec"] | {"volumes": [*claimed.values(), *others]}} if claimed else pod


def has_claims(owner: JSON, pod: JSON) -> bool:
    """Whether a pod has all of these volumes (stateful_set_utils.go: storageMatches)."""
    has = pod["spec"].get("volumes") or ()
    return all(
        any(
            volume["name"] == wanted["name"]
            and (volume.get("persistentVolumeClaim") or {}).get("claimName")
            == wanted["persistentVolumeClaim"]["claimName"]
            for volume in has
        )
        for wanted in _volumes(owner, pod)
    )


def _volumes(owner: JSON, pod: JSON) -> list[JSON]:
    return [
        {"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": _claim_name(template, pod)}}
        for template in owner["spec"].get("volumeClaimTemplates") or ()
    ]


def _claim_name(template: JSON, pod: JSON) -> str:
    return f"{template['metadata']['name']}-{pod['metadata']['name']}"


def make_claims(api: ApiServer, owner: JSON, pod: JSON) -> None:
    """Create the claims of a pod that are missing; a volume is there for each at once."""
    namespace = owner["metadata"]["namespace"]
    for template in owner["spec"].get("volumeClaimTemplates") or ():
        name = _claim_name(template, pod)
        if api.bucket(CLAIMS).get(namespace, name) is None:
            labels = owner["spec"]["selector"].get("matchLabels") or {}
            draft = {"metadata": {"name": name, "labels": dict(labels)}, "spec": dict(template["spec"])}
            made = api.create(CLAIMS, namespace, draft, manager=MANAGER)
            api.set_status(CLAIMS, made, made.get("status", {}) | {"phase": "Bound"}, manager=MANAGER)
