"""Pods of a rollout that have one trouble in common, and how sentences speak of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ktui.model.objects import Pod
from ktui.rollout.ailments import named
from ktui.rollout.cause import PATIENCE, Cause, Kind, Remedy
from ktui.rollout.podstatus import PodState
from ktui.rollout.startup import EventsOf
from ktui.text import count, duration


class Sick(NamedTuple):
    """A pod with an ailment."""

    pod: Pod
    state: PodState
    said: str


class Group(NamedTuple):
    """The pods that have one trouble in common.

    `what` is the container, the image or the reason that they share; `total` says how many pods of which sort there
    are in all: `new pod`, or just `pod` where the rollout is long over.
    """

    what: str
    sick: list[Sick]
    total: int
    noun: str
    now: datetime
    events_of: EventsOf

    @property
    def share(self) -> str:
        """`3 of 4 new pods`; where there is but one, `the new pod`."""
        if self.total == 1:
            return f"the {self.noun}"
        return f"{len(self.sick)} of {count(self.total, self.noun)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pods."""
        return tuple(sorted(each.state.name for each in self.sick))

    @property
    def said(self) -> str:
        """What the cluster says of these pods: the text that most of them have."""
        texts = Counter(text for each in self.sick if (text := each.said or each.state.reason)).most_common(1)
        return texts[0][0] if texts else ""

    def verb(self, one: str, many: str) -> str:
        """The form of a verb that goes with the number of pods."""
        return one if len(self.sick) == 1 else many

    def where(self, container: str) -> str:
        """` in the sidecar proxy`; nothing where a pod has but one container."""
        pod = self.sick[0].pod
        alone = len(pod.spec.containers) + len(pod.spec.init_containers) < 2
        return "" if alone else f" in {named(pod, container)}"

    def longest(self, since: Sequence[datetime | None]) -> str:
        """How long ago the first of these times was: ` for 5m`, of several pods ` for up to 5m`; nothing if unknown."""
        known = [moment for moment in since if moment is not None]
        if not known:
            return ""
        length = duration((self.now - min(known)).total_seconds())
        return f" for {length}" if len(self.sick) == 1 else f" for up to {length}"

    def is_old(self) -> bool:
        """Whether one of the pods has had all the time that it should need."""
        created = [each.pod.metadata.creation_timestamp for each in self.sick]
        return any(moment is not None and self.now - moment > PATIENCE for moment in created)

    def cause(
        self,
        kind: Kind,
        sentence: str,
        try_next: str,
        *remedies: Remedy,
        blocking: bool = False,
        detail: str | None = None,
    ) -> Cause:
        """A cause that these pods have; without a `detail`, that is what the cluster says of them."""
        said = self.said if detail is None else detail
        return Cause(kind, sentence, blocking, try_next, said, self.names, remedies)
