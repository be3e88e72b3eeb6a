"""What the controllers of OpenKruise have in common: what wakes them, and what they work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import PODS, OwnedIndex, controller_of
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.revisions import History
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key


class KruiseController(ABC):
    """Plays the controller of one kind, which owns pods directly; its resource has to be served already."""

    PLURAL: ClassVar[str]
    COMPONENT: ClassVar[str]
    """What its events come from."""
    HASH_LABEL: ClassVar[str] = "controller.kubernetes.io/hash"
    """The label of its ControllerRevisions that has the hash of the template."""

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._api, self._pods = api, pods
        self._resource = api.catalog.named(f"{self.PLURAL}.apps.kruise.io")
        self._events = EventRecorder(api, self.COMPONENT)
        self._history = History(api, self.HASH_LABEL)
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(self._resource).listen(lambda change: self._queue.add_limited(change.key))
        api.bucket(PODS).listen(self._pod_changed)
        for key in api.bucket(self._resource).objects:
            self._queue.add(key)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        if owner is not None and owner["kind"] == self._resource.kind and "kruise" in owner["apiVersion"]:
            self._queue.add_limited((change.key[0], owner["name"]))

    @abstractmethod
    def _reconcile(self, key: Key) -> None:
        """Bring the object of that key, and its pods, nearer to its spec."""
