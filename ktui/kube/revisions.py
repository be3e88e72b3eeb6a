"""Reads a workload with all of its revisions, whole: for their templates, which are never kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ktui.kube.api import Api
from ktui.kube.selection import selector_text
from ktui.model.reference import Reference
from ktui.model.resources import Resource


class WithRevisions(NamedTuple):
    """A workload and its ReplicaSets or ControllerRevisions, by uid, as the API serves them."""

    raw: dict[str, Any]
    revisions: dict[str, dict[str, Any]]

    @property
    def uid(self) -> str:
        """The workload's uid."""
        return str(self.raw["metadata"]["uid"])


async def read_with_revisions(api: Api, namespace: str, reference: Reference, kept_as: Resource) -> WithRevisions:
    """The workload of that name with the revisions that it controls, which are `kept_as` that. Raises KubeError."""
    raw = await api.get(reference.resource, namespace, reference.name)
    listed = await api.get_path(kept_as.path(namespace), {"labelSelector": selector_text(raw)})
    uid = raw["metadata"]["uid"]
    found = [each for each in listed.get("items") or () if isinstance(each, dict) and _owner(each, kept_as) == uid]
    return WithRevisions(raw, {each["metadata"]["uid"]: each for each in found})


def _owner(raw: dict[str, Any], resource: Resource) -> str:
    """The uid of what controls an object, as objects of that type tell; empty for an orphan, or for what is none."""
    struct: Any = resource.type
    kind = next(field.type for field in msgspec.structs.fields(struct) if field.name == "metadata")
    try:
        owner = msgspec.convert(raw.get("metadata"), kind).controller
    except msgspec.ValidationError:
        return ""
    return owner.uid if owner is not None else ""
