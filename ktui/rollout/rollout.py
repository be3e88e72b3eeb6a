"""One rollout as a whole: what the overview, the commands and the actions know of a Deployment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ktui.model.changes import LinkState
from ktui.model.events import Event
from ktui.model.objects import Pod
from ktui.model.reference import short
from ktui.model.resources import Resource
from ktui.model.store import Store
from ktui.model.template import Container
from ktui.model.workloads import Workload
from ktui.rollout import images
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.hold import Disturbance, Hold
from ktui.rollout.partition import Partition
from ktui.rollout.progress import Progress, Track, seconds_left
from ktui.rollout.provenance import Provenance
from ktui.rollout.status import Verdict
from ktui.text import count, roughly


class Phase(StrEnum):
    """What a rollout is up to, the worst first."""

    FAILED = "failed"
    """The progress deadline has passed: kubectl's error."""
    STALLED = "stalled"
    """It has a problem that waiting does not fix; the deadline has not passed yet."""
    PROGRESSING = "progressing"
    HELD = "held"
    """A canary is held at a number of pods by its own settings (docs/semantics.md)."""
    PAUSED = "paused"
    DELETED = "deleted"
    """Being deleted, or gone."""
    SCALED_TO_ZERO = "scaled to zero"
    READING = "reading"
    """All looks well, but not all that this depends on has been read yet. Only the dashboard, which shows what has come
    so far, knows this phase."""
    COMPLETE = "complete"


_QUIET: Final = (Phase.READING, Phase.COMPLETE, Phase.SCALED_TO_ZERO, Phase.DELETED)


class Controller(msgspec.Struct, frozen=True):
    """What a controller with words of its own says of a workload; None where it has none."""

    phase: str | None = None
    message: str | None = None
    step: int | None = None
    """How many steps are done."""
    steps: int | None = None
    weight: int | None = None
    """The share of the new revision, of the traffic or of the pods, as the controller counts it: mostly in percent."""


class Rollout(msgspec.Struct, frozen=True):
    """A workload and its rollout, in answers. Equal ones look the same on every screen."""

    uid: str
    kind: str
    """`Deployment`, `StatefulSet` or `DaemonSet`."""
    namespace: str
    name: str
    generation: int
    phase: Phase
    verdict: Verdict
    paused: bool
    progress: Progress
    revision: int
    previous_revision: int
    image: str
    image_change: tuple[str, str] | None
    """The first image that differs while it rolls out, old and new, short."""
    since: datetime | None
    """When the phase began, as far as the cluster tells; while it runs, when the rollout began."""
    started: datetime | None
    seconds_left: float | None
    lowest: int | None
    """The fewest pods that were available in this rollout, as far as it was watched."""
    lowest_at: datetime | None
    causes: tuple[Cause, ...]
    provenance: Provenance | None
    change_cause: str
    observed: bool = True
    """Whether the controller has seen the spec as it is."""
    recreates: bool = False
    """Whether the old pods go before the new ones come."""
    settled: bool = False
    """Whether this template was once rolled out in full: pods that are missing now were lost later, or added."""
    finished: datetime | None = None
    """When the rollout came to its end, where it has."""
    waits_for_deletion: bool = False
    """Whether the strategy is OnDelete: a pod changes only when someone deletes it."""
    hold: Hold | None = None
    """The hold of a canary, or what someone left of one."""
    template: bytes = b""
    """The digest of the pod template: another template is another rollout."""
    came_back: bool = False
    """Whether its template is that of an earlier revision, as after a rollback."""
    partition: Partition | None = None
    """What holds a StatefulSet."""
    written_by: str = ""
    """Who wrote the template last, in a word (`provenance.writer_of`); empty where the server does not tell."""
    image_changes: tuple[images.Difference, ...] = ()
    """All images that differ while it rolls out, as they are written."""
    awaits: str = ""
    """What its controller is at or waits for, though nothing is wrong; at rest, what is worth knowing anyway.

    While it is being deleted, what stays; empty if its pods go too.
    """
    paused_at: str = ""
    """What it stands at while it is paused, if its kind has words of its own for that."""
    shares: tuple[int, ...] | None = None
    """Who gets the traffic, in percent, the new revision first, then each old one; None if no shares are set."""
    serves: str = ""
    """Who serves, in a few words, if its kind knows that from more than the number of pods."""
    controller: Controller | None = None
    """What its own controller says; None for those of Kubernetes, whose words are kubectl's."""
    foreign_containers: tuple[tuple[str, str], ...] = ()
    """Name and image of each container, if the template is that of another workload."""
    word: str = ""
    """What stands before its name in a list, if its kind has the name of a kind of Kubernetes itself."""
    title: str = ""
    """What people call its kind: `Deployment`, `Knative Service`, `Argo Rollout`."""
    aborted: bool = False
    """Whether its controller has aborted it, or was asked to; kinds without an abort of their own go back instead."""
    unseen: tuple[str, ...] = ()
    """The resources that may not be read and that would tell more of it: `replicasets`, `pods`."""

    @property
    def by(self) -> str:
        """Who made the present revision: the writer of the template, else the tool that owns it; or nothing."""
        return self.written_by or (self.provenance.tool if self.provenance is not None else "")

    @property
    def label(self) -> str:
        """What a list calls it: a Deployment by its name alone, others as `sts/db` and `ds/agent`."""
        return f"{self.word}/{self.name}" if self.word else short(self.kind, self.name)

    @property
    def why(self) -> str:
        """One sentence for the overview: the cause, or what is going on; nothing where all is well."""
        # What it waits for may be there already, and only not have been read.
        text = _why(self) if self.phase is not Phase.READING else ""
        if not self.unseen or (self.phase in _QUIET and self.unseen == ("pods",)):
            return text
        limits = f"you may not list {' or '.join(self.unseen)}"
        return f"{text} ({limits})" if text else f"as its status says: {limits}"

    @property
    def speaker(self) -> str:
        """Whose words the verdict is in: those of kubectl, or of its own controller."""
        return "kubectl" if self.controller is None else "its controller"

    @property
    def serving(self) -> str:
        """What still serves while something is wrong: `the old revision still serves with 3 of 4 pods`."""
        return _serving(self)


def unseen(store: Store, *parts: Resource) -> tuple[str, ...]:
    """Those of these resources that the server does not let us read."""
    links = (store.links.get(part) for part in parts)
    return tuple(link.resource.plural for link in links if link is not None and link.state is LinkState.REFUSED)


def unrest(pods: Sequence[Pod], now: datetime, events_of: Callable[[str], Sequence[Event]]) -> tuple[Cause, ...]:
    """What is wrong with a rollout that is complete: pods that are ready between two crashes, resizes that wait."""
    from ktui.rollout.diagnosis.resizes import of_resizes  # noqa: PLC0415
    from ktui.rollout.diagnosis.restarts import of_restarts  # noqa: PLC0415

    return (*of_restarts(pods, now, "pod", events_of), *of_resizes(pods, "pod"))


def troubled_since(track: Track, causes: Sequence[Cause]) -> datetime | None:
    """Since when there is trouble after a rollout was complete: pods are missing, or a cause blocks.

    The earliest counts: pods that crash again and again are missing only at times, and one cause follows another.
    """
    known = [track.disturbed, *(cause.since for cause in causes if cause.blocking)]
    return min((moment for moment in known if moment is not None), default=None)


def containers_of(rollout: Rollout, workload: Workload) -> tuple[Container, ...]:
    """What it rolls out, by its own template or that of another workload; nothing if that is not known."""
    return tuple(Container(*each) for each in rollout.foreign_containers) or workload.spec.template.containers


def blocked_since(causes: Sequence[Cause]) -> datetime | None:
    """Since when the first cause holds that blocks, as far as that is known."""
    return next((cause.since for cause in causes if cause.blocking and cause.since is not None), None)


def time_left(phase: Phase, track: Track, numbers: Progress, now: datetime) -> float | None:
    """How many seconds more it takes, shown no more exactly than they are known; None for unknown."""
    if phase is not Phase.PROGRESSING:
        return None
    left = seconds_left(track, numbers, now)
    if not left:
        return left
    # Whole seconds, and coarser for long ones: a guess that changes with every tick repaints for nothing.
    return float(max(1, round(left)) if left < 60 else round(left / 10) * 10)


def _why(rollout: Rollout) -> str:
    first = next((cause for cause in rollout.causes if not cause.remark), None)
    match rollout.phase:
        case Phase.DELETED if rollout.awaits:
            return rollout.awaits
        case Phase.DELETED:
            left = rollout.progress.new.existing + rollout.progress.old.existing
            return f"being deleted, {count(left, 'pod')} left" if left else "being deleted"
        case Phase.FAILED | Phase.STALLED if first is not None:
            serves = (
                f"; {rollout.serves}" if rollout.shares is not None and rollout.serves not in first.sentence else ""
            )
            return first.sentence + serves + (" (paused)" if rollout.paused else "")
        case Phase.PAUSED if first is not None and first.blocking:
            return f"{first.sentence} (paused)"
        case Phase.PAUSED:
            return rollout.paused_at or _standing(rollout)
        case Phase.HELD if rollout.hold is not None and rollout.hold.sentence and not _by_hand(rollout.hold):
            return rollout.hold.sentence
        case Phase.HELD | Phase.PROGRESSING if first is not None:
            return first.sentence
        case Phase.HELD:
            return rollout.awaits or _holding(rollout)
        case Phase.PROGRESSING:
            return _under_way(rollout)
        case Phase.SCALED_TO_ZERO if rollout.kind == "DaemonSet":
            # Its controller does not count pods on nodes that should not run them, such as those that are not ready.
            astray = rollout.progress.new.existing + rollout.progress.old.existing
            return "no node should run it" + (
                f", but {count(astray, 'pod')} {'is' if astray == 1 else 'are'} still there" if astray else ""
            )
        case Phase.COMPLETE if rollout.hold is not None:
            return rollout.hold.sentence
        case _:
            return rollout.awaits


def _standing(rollout: Rollout) -> str:
    numbers = rollout.progress
    if rollout.waits_for_deletion:
        changes = "changes" if numbers.old.existing == 1 else "change"
        return f"OnDelete: {count(numbers.old.existing, 'old pod')} {changes} only when deleted"
    if numbers.old.existing == 0 and numbers.new.available >= numbers.desired:
        return "complete, but paused: a change waits until it is resumed"
    if numbers.old.existing == 0 and rollout.settled:
        return f"paused, and {numbers.available} of {count(numbers.desired, 'pod')} available"
    if numbers.old.existing == 0 and numbers.new.existing:
        return f"paused with {numbers.new.available} of {count(numbers.desired, 'new pod')} available: not complete"
    if numbers.old.existing == 0:
        return f"paused before it began: 0 of {count(numbers.desired, 'pod')}, none until it is resumed"
    if numbers.new.existing == 0:
        return "changed while paused: nothing rolls out until it is resumed"
    return f"paused with {numbers.new.existing} of {numbers.desired} pods new"


def _holding(rollout: Rollout) -> str:
    numbers = rollout.progress
    if numbers.old.existing == 0 and numbers.new.existing >= numbers.desired:
        return "nothing is left to hold, but no new pod counts as available until the hold is ended"
    wanted = numbers.new.wanted or min(numbers.surge or numbers.unavailable, numbers.desired)
    is_ready = numbers.new.ready >= wanted
    hold = rollout.partition or rollout.hold
    if hold is None or _by_hand(hold):
        ready = "ready" if wanted == 1 else "all ready"
        return f"canary of {wanted} held, {ready}" if is_ready else f"canary of {wanted}, {numbers.new.ready} ready"
    size = f"{wanted} of {hold.desired}"
    parts = [f"canary of {size} held" if is_ready else f"canary of {size}, {numbers.new.ready} ready", hold.step]
    return ", ".join([part for part in parts if part] + ([f"by {hold.by}"] if hold.by else []))


def _by_hand(hold: Hold | Partition) -> bool:
    """Whether it is a canary like any other, but for a record of it."""
    if isinstance(hold, Partition):
        return hold.record is None
    return hold.record is None and hold.disturbance in (None, Disturbance.BY_HAND)


def _under_way(rollout: Rollout) -> str:
    numbers = rollout.progress
    new, old = numbers.new, numbers.old
    if not rollout.observed:
        return "the controller has not seen the change yet"
    if rollout.awaits:
        return rollout.awaits
    if rollout.settled:
        return f"{numbers.available} of {count(numbers.desired, 'pod')} available"
    if rollout.recreates and not new.existing and (old.existing or old.terminating):
        return f"{count(old.existing + (old.terminating or 0), 'old pod')} to stop first"
    if rollout.seconds_left:
        return f"{roughly(rollout.seconds_left)} left"
    if old.existing and new.available >= numbers.desired:
        return f"{count(old.existing, 'old pod')} left to stop"
    if new.ready > new.available:
        return f"{count(new.ready - new.available, 'new pod')} ready, but not yet for minReadySeconds"
    if new.existing > new.available:
        return f"{count(new.existing - new.available, 'new pod')} starting"
    if new.available >= numbers.desired:
        return "finishing"
    if new.available:
        return f"{new.available} of {count(numbers.desired, 'pod')} new"
    return f"{count(old.terminating, 'old pod')} to stop first" if old.terminating else "beginning"


def _out_of(pods: int, desired: int) -> str:
    """`4 of 5 pods`; with a surge there are more than desired, and then `6 pods`."""
    return f"{pods} of {count(desired, 'pod')}" if pods <= desired else count(pods, "pod")


def _serving(rollout: Rollout) -> str:
    numbers = rollout.progress
    if not rollout.causes or numbers.desired == 0:
        return ""
    if rollout.serves:
        return rollout.serves
    if numbers.available == 0:
        return "no pod is available"
    if numbers.new.available == 0 and numbers.old.available:
        return f"the old revision still serves with {_out_of(numbers.old.available, numbers.desired)}"
    return f"{_out_of(numbers.available, numbers.desired)} serve"
