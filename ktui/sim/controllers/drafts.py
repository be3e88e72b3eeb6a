"""A ReplicaSet as the deployment controller makes it, and the annotations that carry its revision."""

from __future__ import annotations

from typing import Any

from ktui.sim.controllers import sizes
from ktui.sim.controllers.common import POD_TEMPLATE_HASH, owner_reference, revision_of, template_hash
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
HISTORY_CHARACTERS = 2000
_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    sizes.DESIRED,
    sizes.MAXIMUM,
    "deprecated.deployment.rollback.to",
}


def revision_annotations(deployment: JSON, rs: JSON, revision: int) -> JSON:
    """What the new ReplicaSet should carry: the Deployment's annotations, its revision, and its former ones."""
    own = rs["metadata"].get("annotations") or {}
    theirs = deployment["metadata"].get("annotations") or {}
    annotations: JSON = own | {key: value for key, value in theirs.items() if key not in _NOT_COPIED}
    if revision_of(rs) < revision:
        annotations[REVISION] = str(revision)
        if REVISION in own:
            history = [number for number in own.get(REVISION_HISTORY, "").split(",") if number]
            annotations[REVISION_HISTORY] = _shortened([*history, own[REVISION]])
    return annotations


def _shortened(numbers: list[str]) -> str:
    while len(",".join(numbers)) > HISTORY_CHARACTERS:
        numbers = numbers[1:]
    return ",".join(numbers)


def draft_replica_set(deployment: JSON, old: list[JSON], revision: int) -> JSON:
    """A ReplicaSet for the Deployment's template, as large as surge lets it be beside the `old` ones."""
    spec, metadata = deployment["spec"], deployment["metadata"]
    template = spec["template"]
    digest = template_hash(template, deployment["status"].get("collisionCount"))
    labels = dict(sorted(((template["metadata"].get("labels") or {}) | {POD_TEMPLATE_HASH: digest}).items()))
    match_labels = (spec["selector"].get("matchLabels") or {}) | {POD_TEMPLATE_HASH: digest}
    made: JSON = {
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": 0,
            "selector": spec["selector"] | {"matchLabels": match_labels},
            "template": template | {"metadata": template["metadata"] | {"labels": labels}},
        },
        "status": {"replicas": 0},
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    made["spec"]["replicas"] = sizes.new_replicas(deployment, [*old, made], made)
    goal = wanted(deployment)
    notes = {sizes.DESIRED: str(goal), sizes.MAXIMUM: str(goal + sizes.max_surge(deployment))}
    annotations = revision_annotations(deployment, made, revision) | notes
    made["metadata"]["annotations"] = dict(sorted(annotations.items()))
    return made
