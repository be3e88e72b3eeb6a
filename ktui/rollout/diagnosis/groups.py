"""Pods of a rollout that have one trouble in common, and how sentences speak of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ktui.model.objects import Pod
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.kubelet_messages import EventsOf
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.pod_trouble import named
from ktui.rollout.diagnosis.wording import fit
from ktui.rollout.podstatus import PodState
from ktui.text import count, duration


class Sick(NamedTuple):
    """A pod with a problem, and since when it has it."""

    pod: Pod
    state: PodState
    said: str
    since: datetime | None


class Group(NamedTuple):
    """The pods that have one trouble in common.

    `what` is the container, the image or the reason that they share; `total` says how many pods of which sort there
    are in all: `new pod`, or just `pod` where the rollout is long over.
    """

    what: str
    reason: Reason
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

    @property
    def since(self) -> datetime | None:
        """Since when it lasts for the pod that has had it for the longest; None for unknown."""
        return min((each.since for each in self.sick if each.since is not None), default=None)

    @property
    def lasted(self) -> str:
        """How long it lasts: `5m`, of several pods that of the first; nothing if unknown."""
        return duration((self.now - self.since).total_seconds()) if self.since is not None else ""

    @property
    def so_long(self) -> str:
        """` for 5m`, of several pods ` for up to 5m`; nothing if unknown."""
        return "" if not self.lasted else f" for {self.lasted}" if len(self.sick) == 1 else f" for up to {self.lasted}"

    def cause(
        self,
        kind: Kind,
        sentence: str,
        try_next: str,
        *remedies: Remedy,
        more: Sequence[str] = (),
        is_passing: bool = False,
        may_be_once: bool = False,
        detail: str | None = None,
    ) -> Cause:
        """A cause that these pods have; without a `detail`, that is what the cluster says of them.

        `more` follows the sentence as far as there is room; `is_passing` says that its last part is true only now.
        Whether it holds the rollout up is a matter of patience with its reason; what `may_be_once` does not, however
        long ago it was.
        """
        return Cause(
            kind,
            fit(sentence, *more),
            not may_be_once and is_stalled(self.reason, self.since, self.now),
            try_next,
            self.said if detail is None else detail,
            self.names,
            remedies,
            reason=self.reason,
            since=self.since,
            lasting=fit(sentence, *more[:-1]) if is_passing else "",
        )
