"""What happened to a rollout, in order: from stamps of its objects, events, and what was done with ktui.

Where an object tells of something itself, its events about the same are left out; of pods that are gone, the events are
all that is left. The same thing that happens to many pods at once is shown once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.model.objects import Condition, Deployment, Event, ReplicaSet
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.rollout import images, revisions, strategy
from ktui.rollout.cohorts import Controlled, cohorts_of
from ktui.rollout.diagnosis import admission_messages, lifetimes
from ktui.rollout.happenings import Stamp, What, of_event, of_pod, of_pod_event, short_name
from ktui.rollout.status import AVAILABLE, DEADLINE_EXCEEDED, NEW_REPLICASET_AVAILABLE, PROGRESSING, REPLICA_FAILURE
from ktui.text import clean, count, duration

TOGETHER: Final = timedelta(seconds=10)
"""What follows its like within this time is shown together with it."""


_ORDER: Final = (
    (What.DEED, False),
    (What.MADE, False),
    (What.SCALED, False),
    *((what, True) for what in What),
    *((what, False) for what in (What.STARTED, What.READY, What.STOPPING, What.NOTE, What.TROUBLE, What.TURNED)),
)
"""What comes first of what is known of one moment, of pods or not: the stamps of a cluster are whole seconds."""

_PASSIVE: Final = ("made", "asked to stop")
"""What is said of pods that had it done to them."""


class Deed(msgspec.Struct, frozen=True):
    """Something that was done with ktui, and whether it came to what was meant."""

    at: datetime
    text: str
    went_well: bool


class Moment(msgspec.Struct, frozen=True):
    """Something that happened, from `at` to `until`, `times` times in all, for the first time at `since`."""

    at: datetime
    until: datetime
    what: What
    text: str
    is_warning: bool = False
    times: int = 1
    since: datetime | None = None

    @property
    def sentence(self) -> str:
        """What happened, and with what it was done."""
        return f"ktui: {self.text}" if self.what is What.DEED else self.text

    @property
    def extent(self) -> str:
        """`×6 over 30s`, `within 4s`; nothing for what happened once and at once."""
        if self.times > 1:
            took = (self.until - (self.since or self.at)).total_seconds()
            return f"×{self.times} over {duration(took)}" if took >= 1 else f"×{self.times}"
        took = (self.until - self.at).total_seconds()
        return f"within {duration(took)}" if took >= 1 else ""


def timeline(store: Store, workload: Workload, deeds: Sequence[Deed] = ()) -> tuple[Moment, ...]:
    """Everything that is known to have happened, the oldest first."""
    facts = list(_of_life(workload))
    if isinstance(workload, Deployment):
        facts += _of_deployment(store, workload)
        owned = store.replicasets(workload.metadata.uid)
        gone = store.gone_parts([replicaset.metadata.uid for replicaset in owned])
        for replicaset in owned:
            facts += _of_revision(store, replicaset, gone[replicaset.metadata.uid])
        facts = _by_the_number_of_then(facts, workload, owned)
    else:
        facts += _of_controlled(store, workload)
    facts += [Stamp(deed.at, What.DEED, deed.text, is_warning=not deed.went_well) for deed in deeds]
    return tuple(_folded(sorted(facts, key=lambda fact: (fact.at, _ORDER.index((fact.what, bool(fact.pod)))))))


def _by_the_number_of_then(
    facts: Sequence[Stamp], deployment: Deployment, replicasets: Sequence[ReplicaSet]
) -> list[Stamp]:
    """The facts, with what an earlier revision did before it came back under the number that it had then.

    It came back when the template was written (SetNewReplicaSetAnnotations of the Deployment controller renumbers it).
    """
    current, written = revisions.current(deployment, replicasets), deployment.metadata.template_written
    former = revisions.former_revisions(current) if current is not None else ()
    if current is None or written is None or not former:
        return list(facts)
    now = f"revision {revisions.revision(current)}"
    then = f"revision {max(former)} (now {revisions.revision(current)})"

    def renamed(text: str) -> str:
        return then + text.removeprefix(now) if re.match(rf"{now}\b", text) else text

    return [
        msgspec.structs.replace(fact, whose=renamed(fact.whose), said=renamed(fact.said)) if fact.at < written else fact
        for fact in facts
    ]


# The workload


def _of_life(workload: Workload) -> Iterator[Stamp]:
    meta, kind = workload.metadata, type(workload).__name__
    if meta.creation_timestamp is not None:
        yield Stamp(meta.creation_timestamp, What.MADE, f"the {kind} was made")
    if meta.deletion_timestamp is not None:
        yield Stamp(meta.deletion_timestamp, What.STOPPING, f"the {kind} is being deleted", is_warning=True)


def _of_deployment(store: Store, deployment: Deployment) -> Iterator[Stamp]:
    meta = deployment.metadata
    replicasets = store.replicasets(meta.uid)
    current = revisions.current(deployment, replicasets)
    # Where the template has no ReplicaSet yet (Recreate stops the old pods first), they speak of the one before.
    number = revisions.revision(current if current is not None else deployment)
    for condition in deployment.status.conditions:
        yield from _of_condition(condition, number, strategy.promised(deployment), meta.creation_timestamp)
    names = {replicaset.metadata.name: f"revision {revisions.revision(replicaset)}" for replicaset in replicasets}
    for event in store.events(meta.uid):
        yield from of_event(event, What.SCALED, said=_scaling(event, names))


def _of_condition(condition: Condition, revision: int, keeps: int, made: datetime | None) -> Iterator[Stamp]:
    """What a condition tells of a Deployment that was `made` then; `keeps` is the guaranteed minimum of pods."""
    turned, updated = condition.last_transition_time, condition.last_update_time or condition.last_transition_time
    match condition.type, condition.status, condition.reason:
        case (_, _, _) if turned is None or updated is None:
            return
        case (kind, _, reason) if kind == PROGRESSING and reason == NEW_REPLICASET_AVAILABLE:
            which = f"revision {revision}" if revision else "it"
            yield Stamp(updated, What.TURNED, f"complete: {which} is rolled out in full")
        case (kind, _, reason) if kind == PROGRESSING and reason == DEADLINE_EXCEEDED:
            yield Stamp(turned, What.TURNED, "the progress deadline passed", is_warning=True)
        case (kind, _, "DeploymentPaused") if kind == PROGRESSING:
            yield Stamp(updated, What.TURNED, "paused")
        case (kind, _, "DeploymentResumed") if kind == PROGRESSING:
            yield Stamp(updated, What.TURNED, "resumed")
        case (kind, "False", _) if kind == AVAILABLE and made is not None and turned - made < TOGETHER:
            # It has never been otherwise: that is a beginning.
            return
        case (kind, "False", _) if kind == AVAILABLE and not keeps:
            yield Stamp(turned, What.TURNED, "not all pods are available any more; no minimum is guaranteed")
        case (kind, "False", _) if kind == AVAILABLE:
            yield Stamp(turned, What.TURNED, "fewer pods are available than the guaranteed minimum", is_warning=True)
        case (kind, "True", _) if kind == AVAILABLE:
            yield Stamp(turned, What.TURNED, "the guaranteed minimum of pods is available")
        case (kind, "True", _) if kind == REPLICA_FAILURE:
            yield Stamp(turned, What.TROUBLE, _refused(condition.message), is_warning=True)


def _refused(message: str) -> str:
    """Why pods are refused, without the names of the pods, so that it is one thing however often it happens."""
    return f"pods are refused: {admission_messages.in_words(message).why}"


_SCALED: Final = re.compile(
    r"^(?:\(combined from similar events\): )?Scaled (up|down) replica set (\S+)(?: from (\d+))? to (\d+)"
)


def _scaling(event: Event, names: dict[str, str]) -> str:
    """`revision 31 scaled up from 2 to 4`; what is no scaling as it is written."""
    found = _SCALED.match(event.message) if event.reason == "ScalingReplicaSet" else None
    if found is None:
        return f"{event.reason}: {event.message}"
    start = f" from {found[3]}" if found[3] is not None else ""
    return f"{names.get(found[2], found[2])} scaled {found[1]}{start} to {found[4]}"


def _of_controlled(store: Store, workload: Controlled) -> Iterator[Stamp]:
    """What a StatefulSet or a DaemonSet tells, its revisions and its pods, those that are gone among them."""
    meta = workload.metadata
    stopping = {pod.metadata.name for pod in store.pods(meta.uid) if pod.metadata.deletion_timestamp is not None}
    for part in cohorts_of(store, workload):
        whose = f"revision {part.number}" if part.revision is not None else meta.name
        if part.revision is not None and (made := part.revision.metadata.creation_timestamp) is not None:
            template = part.revision.template
            yield Stamp(made, What.MADE, _making(whose, template, revisions.change_cause(part.revision)))
        for pod in part.pods:
            yield from of_pod(pod, whose, meta.name)
            life = lifetimes.of_pod(pod)
            for event in store.events(pod.metadata.uid):
                yield from of_pod_event(event, whose, meta.name, life)
    # Of what revision a pod was that is gone, nothing tells any more.
    for uid in store.gone_parts({meta.uid})[meta.uid]:
        events = store.events(uid)
        life = lifetimes.of_events(events)
        for event in events:
            yield from of_pod_event(event, meta.name, meta.name, life)
    for event in store.events(meta.uid):
        if event.reason == "SuccessfulDelete":
            yield from _of_deletion(event, meta.name, stopping)
            continue
        if event.reason == "SuccessfulCreate":
            # Pods tell of their beginning themselves, and those that are gone left events.
            continue
        refused = event.reason == "FailedCreate"
        said = _refused(event.message) if refused else f"{event.reason}: {event.message}"
        yield from of_event(event, What.TROUBLE if event.type == "Warning" else What.NOTE, said=said)


_DELETED: Final = re.compile(r"^(?:[Dd]elete Pod (\S+) in StatefulSet \S+ successful|Deleted pod: (\S+))$")


def _of_deletion(event: Event, owner: str, stopping: Collection[str]) -> Iterator[Stamp]:
    """A pod that went; one that still stops tells of it itself."""
    found = _DELETED.match(event.message)
    name = (found[1] or found[2]) if found is not None else ""
    if name and name not in stopping:
        yield from of_event(event, What.STOPPING, said="asked to stop", whose=owner, pod=short_name(name, owner))


def _making(whose: str, template: PodTemplate | None, cause: str) -> str:
    image = f": {images.of_template(template)}" if template is not None else ""
    return f"{whose} was made{image}" + (f', "{cause}"' if cause else "")


# A revision and its pods


def _of_revision(store: Store, replicaset: ReplicaSet, gone: Sequence[str]) -> Iterator[Stamp]:
    """What a revision tells, and its pods, those that are `gone` (their uids) among them."""
    meta, template = replicaset.metadata, replicaset.spec.template
    whose = f"revision {revisions.revision(replicaset)}"
    if meta.creation_timestamp is not None:
        yield Stamp(meta.creation_timestamp, What.MADE, _making(whose, template, revisions.change_cause(replicaset)))
    pods = store.pods(meta.uid)
    for pod in pods:
        yield from of_pod(pod, whose, meta.name)
    known = {pod.metadata.name for pod in pods}
    for event in store.events(meta.uid):
        named = event.message.rpartition(": ")[2]
        if event.reason == "SuccessfulCreate" and named not in known:
            yield from of_event(event, What.MADE, said="made", whose=whose, pod=short_name(named, meta.name))
        elif event.reason == "SuccessfulDelete" and named not in known:
            yield from of_event(
                event, What.STOPPING, said="asked to stop", whose=whose, pod=short_name(named, meta.name)
            )
        elif event.reason == "FailedCreate":
            yield from of_event(event, What.TROUBLE, said=_refused(event.message))
        elif event.type == "Warning":
            yield from of_event(event, What.TROUBLE, said=f"{whose}: {event.reason}: {event.message}")
    lives = {pod.metadata.uid: lifetimes.of_pod(pod) for pod in pods}
    for uid in (*lives, *gone):
        events = store.events(uid)
        life = lives.get(uid) or lifetimes.of_events(events)
        for event in events:
            yield from of_pod_event(event, whose, meta.name, life)


# What belongs together


def _folded(facts: Sequence[Stamp]) -> list[Moment]:
    """The facts, with the same thing at the same time in one; in the order of their beginnings."""
    groups: list[list[Stamp]] = []
    latest: dict[tuple[What, str, str, bool], list[Stamp]] = {}
    for fact in facts:
        key = (fact.what, fact.said, fact.whose, fact.is_warning)
        group = latest.get(key)
        if group is None or fact.at - group[-1].at > TOGETHER or fact.what is What.DEED:
            group = latest[key] = []
            groups.append(group)
        group.append(fact)
    return [_moment(group) for group in groups]


def _moment(group: Sequence[Stamp]) -> Moment:
    first, last = group[0], group[-1]
    pods = dict.fromkeys(fact.pod for fact in group if fact.pod)
    times = sum(fact.times for fact in group)
    text = first.said
    if pods:
        who = f"pod {next(iter(pods))}" if len(pods) == 1 else count(len(pods), "pod")
        passive = " was" if len(pods) == 1 else " were"
        joint = ":" if first.said[:1].isupper() else passive if first.said in _PASSIVE else ""
        text = f"{who} of {first.whose}{joint} {first.said}"
    # What happens to a pod once is reported once for each: only more than that is worth a number.
    often = times if times > max(1, len(pods)) else 1
    since = min((fact.since for fact in group if fact.since is not None), default=None)
    return Moment(first.at, last.at, first.what, clean(text), first.is_warning, often, since if often > 1 else None)
