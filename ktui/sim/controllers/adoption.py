"""What belongs to a controller: it adopts orphans that its selector finds, and releases what that finds no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER, OwnedIndex, owner_reference

JSON = dict[str, Any]


def claim(
    api: ApiServer,
    resource: Resource,
    owner: JSON,
    index: OwnedIndex,
    *,
    matches: Callable[[JSON], bool],
    counts: Callable[[JSON], bool],
) -> list[JSON]:
    """What the owner has, after adopting and releasing. `counts` says which objects may change hands.

    An owner that is being deleted adopts and releases nothing.
    """
    metadata = owner["metadata"]
    stays = "deletionTimestamp" not in metadata
    claimed = []
    for obj in index.of(metadata["uid"]):
        if matches(obj["metadata"].get("labels") or {}):
            claimed.append(obj)
        elif stays and counts(obj):
            _set_owner(api, resource, obj, None)
    if stays:
        for orphan in list(index.orphans(metadata["namespace"])):
            if counts(orphan) and matches(orphan["metadata"].get("labels") or {}):
                claimed.append(_set_owner(api, resource, orphan, owner))
    return claimed


def _set_owner(api: ApiServer, resource: Resource, obj: JSON, owner: JSON | None) -> JSON:
    others = [each for each in obj["metadata"].get("ownerReferences") or () if not each.get("controller")]
    references = [*others, owner_reference(owner)] if owner else others
    metadata = {field: value for field, value in obj["metadata"].items() if field != "ownerReferences"}
    if references:
        metadata["ownerReferences"] = references
    return api.set_spec(resource, obj, obj | {"metadata": metadata}, manager=MANAGER)
