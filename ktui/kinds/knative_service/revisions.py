"""The revisions of a Service, as all kinds tell of theirs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ktui.kinds.knative_service.objects import own_annotations, own_labels
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.rollout.facts import Revision
from ktui.rollout.revisions import template_of


def revisions(where: Situation) -> tuple[Revision, ...]:
    """The newest first."""
    return tuple(as_revision(part) for part in where.parts)


def as_revision(part: Part) -> Revision:
    """One revision with the pods that were made from it."""
    meta, side = part.revision.metadata, part.side
    return Revision(
        number=part.number,
        uid=meta.uid,
        name=meta.name,
        stem=f"{meta.name}-deployment",
        template=part.revision.template,
        annotations=meta.annotations,
        created=meta.creation_timestamp,
        pods=part.pods,
        wanted=side.wanted,
        existing=side.existing,
        ready=side.ready,
        is_current=part.is_newest,
    )


def as_template(raw: dict[str, Any]) -> dict[str, Any]:
    """The template of a Service, or that of a Revision, the spec of which is that of its pods."""
    if "template" in raw["spec"]:
        return template_of(raw)
    meta = raw.get("metadata") or {}
    kept = {
        "labels": own_labels(meta.get("labels") or {}),
        "annotations": own_annotations(meta.get("annotations") or {}),
    }
    return {"metadata": {key: value for key, value in kept.items() if value}, "spec": deepcopy(raw["spec"])}
