"""What changed a moment ago: pods that came or changed state flash, pods that went fade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ktui.rollout.detail import Revision
from ktui.rollout.podstatus import Health, PodState

FLASH: Final = 0.9
"""Seconds that a pod stands out after its state changed."""
FADE: Final = 1.6
"""Seconds that the place of a pod that went stays visible."""


class Cell(NamedTuple):
    """A pod's cell: the pod, and whether it flashes or has gone."""

    pod: PodState
    flashes: bool = False
    is_ghost: bool = False


class _Seen(NamedTuple):
    pod: PodState
    revision: str
    changed: float


class Transitions:
    """Remembers the pods of one rollout from one look to the next. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._ghosts: dict[str, _Seen] = {}
        self._has_looked = False
        self._moved = False

    def cells(self, revisions: Iterable[Revision], at: float) -> dict[str, list[Cell]]:
        """The cells of each revision, by its uid, in their lasting order; nothing flashes at the first look."""
        shown = list(revisions)
        seen: dict[str, _Seen] = {}
        for revision in shown:
            for pod in revision.pods:
                before = self._seen.get(pod.uid)
                changed = before.changed if before is not None else (at if self._has_looked else at - FLASH)
                if before is not None and _appearance(before.pod) != _appearance(pod):
                    changed = at
                seen[pod.uid] = _Seen(pod, revision.uid, changed)
        for uid, last in self._seen.items():
            if uid not in seen:
                self._ghosts[uid] = last._replace(changed=at)
        self._ghosts = {uid: ghost for uid, ghost in self._ghosts.items() if at - ghost.changed < FADE}
        self._seen, self._has_looked = seen, True
        self._moved = bool(self._ghosts) or any(at - each.changed < FLASH for each in seen.values())
        return {revision.uid: self._cells(revision, at) for revision in shown}

    def is_moving(self) -> bool:
        """Whether something flashed or faded at the last look: then another one is needed, however late it comes."""
        return self._moved

    def _cells(self, revision: Revision, at: float) -> list[Cell]:
        cells = [Cell(pod, at - self._seen[pod.uid].changed < FLASH) for pod in revision.pods]
        cells += [Cell(ghost.pod, is_ghost=True) for ghost in self._ghosts.values() if ghost.revision == revision.uid]
        # A ghost stands where the pod stood, so that its neighbours keep their places while it fades.
        return sorted(cells, key=lambda cell: (str(cell.pod.created or ""), cell.pod.name))


def _appearance(pod: PodState) -> tuple[Health, str, int]:
    return pod.health, pod.word, pod.restarts
