"""ControllerRevisions: the history of what a StatefulSet's or DaemonSet's template has been."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import (
    MANAGER,
    REVISIONS,
    controller_of,
    owner_reference,
    safe_digits,
    template_hash,
)

JSON = dict[str, Any]


REVISION_LABEL = "controller-revision-hash"


class History:
    """The revisions of one owner. `label` is the one that carries the hash."""

    def __init__(self, api: ApiServer, label: str) -> None:
        self._api = api
        self._label = label

    def adopt(self, owner: JSON) -> None:
        """Take over revisions that nobody owns and that bear the owner's labels."""
        matches = object_selector(owner["spec"]["selector"])
        for revision in self._api.bucket(REVISIONS).in_namespace(owner["metadata"]["namespace"]):
            metadata = revision["metadata"]
            if controller_of(revision) is None and matches(metadata.get("labels") or {}):
                adopted = metadata | {"ownerReferences": [owner_reference(owner)]}
                self._api.set_spec(REVISIONS, revision, revision | {"metadata": adopted}, manager=MANAGER)

    def of(self, owner: JSON) -> list[JSON]:
        """The owner's revisions, oldest first."""
        uid = owner["metadata"]["uid"]
        found = [
            revision
            for revision in self._api.bucket(REVISIONS).in_namespace(owner["metadata"]["namespace"])
            if any(o["uid"] == uid for o in revision["metadata"].get("ownerReferences") or ())
        ]
        return sorted(found, key=lambda revision: revision["revision"])

    def current(self, owner: JSON) -> JSON:
        """The revision of the owner's template: made where there is none, the newest number given to an older one."""
        history = self.of(owner)
        data = {"spec": {"template": {"$patch": "replace"} | owner["spec"]["template"]}}
        number = history[-1]["revision"] + 1 if history else 1
        for revision in history:
            if revision["data"] == data:
                if revision is history[-1]:
                    return revision
                return self._api.set_spec(REVISIONS, revision, revision | {"revision": number}, manager=MANAGER)
        return self._create(owner, data, number)

    def _create(self, owner: JSON, data: JSON, number: int) -> JSON:
        metadata, template = owner["metadata"], owner["spec"]["template"]
        digest = template_hash(template) if self._label == REVISION_LABEL else _data_hash(data)
        made: JSON = {
            "metadata": {
                "name": f"{metadata['name']}-{digest}",
                "labels": (template["metadata"].get("labels") or {}) | {self._label: digest},
                "ownerReferences": [owner_reference(owner)],
            },
            # A controller writes it sorted, and kubectl compares bytes.
            "data": msgspec.json.decode(msgspec.json.encode(data, order="sorted")),
            "revision": number,
        }
        if annotations := metadata.get("annotations"):
            made["metadata"]["annotations"] = dict(annotations)
        return self._api.create(REVISIONS, metadata["namespace"], made, manager=MANAGER, trusted=True)

    def template(self, name: str, owner: JSON) -> JSON:
        """The template of a revision, the owner's own where it is gone."""
        found = self._api.bucket(REVISIONS).get(owner["metadata"]["namespace"], name)
        if found is None:
            template: JSON = owner["spec"]["template"]
            return template
        return {field: value for field, value in found["data"]["spec"]["template"].items() if field != "$patch"}

    def prune(self, owner: JSON, in_use: set[str]) -> None:
        """Remove the oldest revisions that are not in use, beyond the owner's limit."""
        limit = owner["spec"].get("revisionHistoryLimit", 10)
        idle = [revision for revision in self.of(owner) if revision["metadata"]["name"] not in in_use]
        for revision in idle[: max(0, len(idle) - limit)]:
            self._api.delete(REVISIONS, revision["metadata"]["namespace"], revision["metadata"]["name"])


def _data_hash(data: JSON) -> str:
    """FNV-1 of the data and of a collision count of 0, as the StatefulSet controller names its revisions."""
    digest = 0x811C9DC5
    for byte in msgspec.json.encode(data, order="sorted") + b"0":
        digest = (digest * 0x01000193 & 0xFFFFFFFF) ^ byte
    return safe_digits(digest)
