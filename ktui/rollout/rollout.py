"""One rollout as a whole: what the overview, the commands and the actions know of a Deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.store import Store
from ktui.rollout import images, revisions, strategy
from ktui.rollout.diagnosis import Cause, diagnose
from ktui.rollout.progress import Progress, Track, progress, seconds_left
from ktui.rollout.provenance import Provenance, provenance
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, Verdict, deadline_exceeded, progressing, verdict
from ktui.rollout.words import count, roughly

_NOT_MOVING: Final = "nothing rolls out until it is resumed"


class Phase(StrEnum):
    """What a rollout is up to, the worst first."""

    FAILED = "failed"
    """The progress deadline has passed: kubectl's error."""
    STALLED = "stalled"
    """Something is in the way that waiting does not cure; the deadline has not passed yet."""
    PROGRESSING = "progressing"
    HELD = "held"
    """A canary is held at a number of pods by its own settings (SEMANTICS.md)."""
    PAUSED = "paused"
    DELETED = "deleted"
    """Being deleted, or gone."""
    SCALED_TO_ZERO = "scaled to zero"
    COMPLETE = "complete"


class Rollout(msgspec.Struct, frozen=True):
    """A Deployment and its rollout, in answers. Equal ones look the same on every screen."""

    uid: str
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
    since: datetime | None
    """When the phase began, as far as the cluster tells."""
    started: datetime | None
    seconds_left: float | None
    lowest: int | None
    """The fewest pods that were available in this rollout, as far as it was watched."""
    lowest_at: datetime | None
    causes: tuple[Cause, ...]
    provenance: Provenance | None
    change_cause: str

    @property
    def why(self) -> str:
        """One sentence for the overview: the cause, or what is going on; nothing where all is well."""
        return _why(self)


def summarise(store: Store, deployment: Deployment, track: Track, now: datetime) -> Rollout:
    """Everything known of one Deployment, in answers. Pods are looked at only where something is missing."""
    replicasets = store.replicasets(deployment.metadata.uid)
    current = revisions.current(deployment, replicasets)
    judged = verdict(deployment)
    numbers = progress(deployment, replicasets)
    pods: Sequence[Pod] = ()
    if current is not None and not (judged.done and not judged.failed):
        pods = store.pods(current.metadata.uid)
    causes = diagnose(deployment, current, pods, now)
    phase = _phase(deployment, judged, causes)
    previous = _previous(replicasets, current)
    return Rollout(
        uid=deployment.metadata.uid,
        namespace=deployment.metadata.namespace,
        name=deployment.metadata.name,
        generation=deployment.metadata.generation,
        phase=phase,
        verdict=judged,
        paused=deployment.spec.paused,
        progress=numbers,
        revision=revisions.revision(current) if current is not None else revisions.revision(deployment),
        previous_revision=revisions.revision(previous) if previous is not None else 0,
        image=images.of_template(deployment.spec.template),
        image_change=_image_change(deployment, previous, numbers),
        since=_since(deployment, phase, track),
        started=track.started,
        seconds_left=_eta(phase, track, numbers, now),
        lowest=track.lowest.available if previous is not None else None,
        lowest_at=track.lowest.at if previous is not None else None,
        causes=causes,
        provenance=provenance(deployment),
        change_cause=revisions.change_cause(deployment),
    )


def _phase(deployment: Deployment, judged: Verdict, causes: Sequence[Cause]) -> Phase:
    if deployment.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if judged.failed:
        return Phase.FAILED
    if deployment.spec.paused:
        return Phase.PAUSED
    blocked = any(cause.blocking for cause in causes)
    if strategy.held(deployment) and not (judged.done and deployment.spec.desired == 0):
        return Phase.STALLED if blocked else Phase.HELD
    if judged.done:
        return Phase.SCALED_TO_ZERO if deployment.spec.desired == 0 else Phase.COMPLETE
    return Phase.STALLED if blocked else Phase.PROGRESSING


def _previous(replicasets: Sequence[ReplicaSet], current: ReplicaSet | None) -> ReplicaSet | None:
    others = [rs for rs in replicasets if current is None or rs.metadata.uid != current.metadata.uid]
    return next(iter(revisions.newest_first(others)), None)


def _image_change(deployment: Deployment, previous: ReplicaSet | None, numbers: Progress) -> tuple[str, str] | None:
    """What image gives way to what, while it does."""
    if previous is None or numbers.old.existing == 0:
        return None
    return images.changed(previous.spec.template, deployment.spec.template)


def _since(deployment: Deployment, phase: Phase, track: Track) -> datetime | None:
    condition = progressing(deployment)
    if phase is Phase.DELETED:
        return deployment.metadata.deletion_timestamp
    if condition is not None:
        if phase is Phase.FAILED and deadline_exceeded(deployment):
            return condition.last_transition_time
        if phase is Phase.COMPLETE and condition.reason == NEW_REPLICASET_AVAILABLE:
            return condition.last_update_time
        if phase is Phase.PAUSED and condition.reason == "DeploymentPaused":
            return condition.last_update_time
    if phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO):
        return track.finished or deployment.metadata.creation_timestamp
    return track.started


def _eta(phase: Phase, track: Track, numbers: Progress, now: datetime) -> float | None:
    if phase is not Phase.PROGRESSING:
        return None
    left = seconds_left(track, numbers, now)
    # Whole seconds, and coarser for long ones: a guess that changes with every tick repaints for nothing.
    return None if left is None else float(round(left) if left < 60 else round(left / 10) * 10)


def _why(rollout: Rollout) -> str:
    numbers = rollout.progress
    if rollout.phase in (Phase.FAILED, Phase.STALLED) and rollout.causes:
        return rollout.causes[0].sentence + (" (paused)" if rollout.paused else "")
    match rollout.phase:
        case Phase.PROGRESSING:
            return _under_way(rollout)
        case Phase.HELD:
            return f"canary of {numbers.new.existing} held"
        case Phase.PAUSED if numbers.new.existing == 0 and numbers.old.existing > 0:
            return f"changed while paused: {_NOT_MOVING}"
        case Phase.PAUSED if numbers.old.existing > 0:
            return f"stopped at {numbers.new.existing} of {numbers.desired}: {_NOT_MOVING}"
        case Phase.PAUSED:
            return "complete, but paused: changes wait until it is resumed"
        case Phase.DELETED:
            return "is being deleted"
        case _:
            return ""


def _under_way(rollout: Rollout) -> str:
    if rollout.causes:
        return rollout.causes[0].sentence
    numbers = rollout.progress
    if rollout.seconds_left is not None and rollout.seconds_left > 0:
        return f"{roughly(rollout.seconds_left)} left"
    if numbers.old.existing and numbers.new.available >= numbers.desired:
        return f"{count(numbers.old.existing, 'old pod')} left to stop"
    starting = numbers.new.existing - numbers.new.available
    if starting > 0:
        return f"{count(starting, 'new pod')} starting"
    if numbers.new.existing == 0 and numbers.old.existing == 0 and numbers.desired:
        return "the old pods stop first"
    return "the controller has not seen the change yet" if "spec update" in rollout.verdict.line else "beginning"
