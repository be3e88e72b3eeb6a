"""What the screens know: the store that the streams write, and the rollouts worked out from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ktui.figures.observer import Observer
from ktui.kinds.registry import STREAMED, WORKLOADS, detail_of, history_of, kind_at, of_extensions, timeline_of
from ktui.live.tracker import Tracker
from ktui.live.unwatched import unwatched
from ktui.model.changes import Change, Link, LinkState
from ktui.model.resources import (
    EVENTS,
    NEEDED,
    PODS,
    REPLICASETS,
    Resource,
    resource_of,
)
from ktui.model.workloads import Workload
from ktui.present import Present, Validity
from ktui.rollout.rollout import Phase, Rollout

if TYPE_CHECKING:
    from ktui.model.policies import Policies
    from ktui.rollout.detail import Detail
    from ktui.rollout.history import History
    from ktui.rollout.timeline import Moment, RecordedAction
    from ktui.rollout.track_record import Accounts


class Live:
    """One scope of one cluster, live. Streams call `apply`, the app's tick calls `refresh`, screens read."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self.store = self._tracker.store
        self.rollouts: dict[str, Rollout] = {}
        self.observer = Observer()
        """Sees every rollout go by, for what is to be remembered of it."""
        self._parts: dict[Resource, tuple[Resource, ...]] = {kind: kind_at(kind).parts for kind in WORKLOADS}
        """The kinds that the cluster has, with what tells how their rollouts go."""
        self._begun: set[Resource] = set()
        """The kinds of which all has been heard that tells how their rollouts go."""
        self._too_early: set[str] = set()
        """The uids of those that were looked at before that."""
        self._reading: set[str] = set()
        """The uids of those that are complete as far as is known, while not all has been heard of."""
        self._found: frozenset[Resource] | None = None
        """The resources of kinds that not every cluster has; None before the cluster has said which it has."""
        self._owners = frozenset(resource.kind for resource in of_extensions())
        self._held_back: set[str] = set()
        """The uids of workloads that are shown once it is known whether they are part of such a kind."""
        self._valid: dict[str, Validity] = {}
        self._all_valid: Validity | None = None
        """Until when each of the rollouts stays true by the clock, and all of them; None if that is to be counted."""
        self._first: set[str] | None = None
        """What waited to be worked out when all had been heard of for the first time, and still does; None before."""
        self._waiting: dict[str, None] = {}
        """The uids of what has changed and is yet to be worked out, that which waits the longest first."""

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what a stream said."""
        self._tracker.apply(changes)

    def serves(self, found: frozenset[Resource]) -> None:
        """The cluster has these resources of kinds that not every cluster has, and no others."""
        self._found = found
        known = {*found, *STREAMED}
        of_found = (resource for resource in found if resource.is_workload)
        extensions = {kind: tuple(part for part in kind_at(kind).parts if part in known) for kind in of_found}
        self._parts = {kind: kind_at(kind).parts for kind in WORKLOADS} | extensions
        self._begun &= self._parts.keys()

    @property
    def kinds(self) -> tuple[Resource, ...]:
        """The workloads that the cluster has."""
        return tuple(self._parts)

    def refresh(
        self, now: datetime, first: Collection[str] = (), guarded: Collection[str] = (), *, times: bool = False
    ) -> Iterator[bool]:
        """Work out again what changed, a rollout with each step, so that hundreds of them do not keep a key waiting.

        The uids of `first` and `guarded`, and what was not known before, come first; each step tells whether what is
        left can wait for the next call, as nothing can while the cluster is being listed. With `times`, those are
        worked out as well that tell how long something has been so, where that says something else by now; and all
        that are guarded, for how long they have been so decides about them.
        """
        # What is listed while this goes on is dirty the next time.
        is_listed = self.is_listed
        self._begin()
        self._waiting |= dict.fromkeys(self.store.take_dirty())
        if self._held_back and self._knows_owners:
            self._waiting |= dict.fromkeys(self._held_back)
            self._held_back.clear()
        if self._has_heard_of_pods:
            self._waiting |= dict.fromkeys(self._reading - self._too_early)
        if self._first is None and self._has_heard_all:
            self._first = set(self._waiting)
        if times:
            self._waiting |= dict.fromkeys([*self._outdated(now), *self.rollouts.keys() & set(guarded)])
        others = self.rollouts.keys() - {*first, *guarded} if self.observer.has_listed else frozenset()
        for uid in [uid for uid in self._waiting if uid not in others]:
            self._work_out(uid, now)
            yield False
        if is_listed and not self.observer.has_listed:
            # Before, a Deployment may stand there without its ReplicaSets.
            for uid in list(self.rollouts):
                self._observe(uid, now)
                yield False
            self.observer.was_there |= self._too_early | self._reading
            self.observer.has_listed = True
        for uid in list(self._waiting):
            self._work_out(uid, now)
            yield True

    def is_outdated(self, now: datetime) -> bool:
        """Whether there is a rollout that would say something else by now, although nothing was heard of it."""
        if not self._valid:
            return False
        if self._all_valid is None:
            known = self._valid.values()
            since, until = max(each.since for each in known), min(each.until for each in known)
            self._all_valid = Validity(since, until)
        return not self._all_valid.holds(now)

    def _outdated(self, now: datetime) -> Iterator[str]:
        return (uid for uid, validity in self._valid.items() if not validity.holds(now))

    def _begin(self) -> None:
        """Look again, as if for the first time, at what was looked at too early.

        Which of the lists comes first is chance. A workload without what it has made does not tell when its rollout
        began or ended, so what was seen of it until all of that has been heard of is no beginning to go on from.
        """
        if len(self._begun) == len(self._parts):
            return
        heard = self.store.listed | self._refused
        begun = {kind for kind, parts in self._parts.items() if heard.issuperset(parts)}
        if not begun <= self._begun:
            if self.observer.has_listed:
                # A kind that was found later: what is there was there before.
                self.observer.was_there |= self._too_early
            self._begun |= begun
            self._waiting |= dict.fromkeys(self._too_early)

    def _work_out(self, uid: str, now: datetime) -> None:
        del self._waiting[uid]
        if self._first:
            self._first.discard(uid)
        present = Present.at(now)
        workload, rollout = self.store.workload(uid), self._tracker.rollout(uid, present, anew=uid in self._too_early)
        self._valid[uid], self._all_valid = present.validity, None
        if workload is not None and rollout is not None and self._may_be_a_part(workload):
            self._held_back.add(uid)
            rollout = None
        if workload is None or rollout is None:
            self.rollouts.pop(uid, None)
            self._valid.pop(uid, None)
            self._too_early.discard(uid)
            self._reading.discard(uid)
            self.observer.gone(uid, now)
            return
        if resource_of(workload) in self._begun:
            self._too_early.discard(uid)
        else:
            self._too_early.add(uid)
        self._reading.discard(uid)
        is_extension = resource_of(workload) not in WORKLOADS
        if (rollout.phase is Phase.COMPLETE and not self._has_heard_of_pods) or (
            uid in self._too_early
            and (rollout.phase is Phase.COMPLETE or (is_extension and rollout.phase is not Phase.DELETED))
        ):
            # A pod that has not been read may crash. Of a kind that a controller brings, even the phase may depend on
            # what it has made: without its revisions, a Knative Service looks as if its first one was being made.
            rollout = msgspec.structs.replace(rollout, phase=Phase.READING)
            self._reading.add(uid)
        self.rollouts[uid] = rollout
        if self.observer.has_listed:
            self._observe(uid, now)

    def _observe(self, uid: str, now: datetime) -> None:
        rollout, workload = self.rollouts[uid], self.store.workload(uid)
        if workload is not None and not (uid in self._too_early or uid in self._reading):
            self.observer.observe(rollout, now, lambda: unwatched(self.store, workload, rollout))

    def is_worked_out(self, uid: str) -> bool:
        """Whether all that has been heard of that workload is in its rollout."""
        return uid not in self._waiting and not self.store.is_dirty(uid)

    def detail(self, uid: str, now: datetime, policies: Policies | None = None) -> Detail | None:
        """One rollout in full, with what acts on its pods; None where it is gone."""
        workload, track = self.store.workload(uid), self._tracker.track(uid)
        if workload is None or track is None:
            return None
        return detail_of(self.store, workload, track, now, policies)

    def timeline(self, uid: str, recorded: Sequence[RecordedAction]) -> tuple[Moment, ...]:
        """What happened to one rollout, with what was done with ktui; nothing where it is gone."""
        workload = self.store.workload(uid)
        return timeline_of(self.store, workload, recorded) if workload is not None else ()

    def history(self, uid: str, remembered: Accounts | None = None) -> History | None:
        """The revisions of one rollout; None where it is gone."""
        workload, track = self.store.workload(uid), self._tracker.track(uid)
        if workload is None or track is None:
            return None
        return history_of(self.store, workload, track.took, remembered)

    @property
    def link(self) -> Link | None:
        """The link that is in the worst state. What is refused but not needed is a notice, not a broken link."""
        links = [
            link
            for link in self.store.links.values()
            if link.resource in NEEDED or link.is_broken or link.state is LinkState.LISTED
        ]
        return min(links, key=lambda link: link.badness, default=None)

    @property
    def unreadable(self) -> tuple[Link, ...]:
        """The links of what exists and cannot be read, as their reason says; those of workloads come first."""
        links = [
            link
            for link in self.store.links.values()
            if link.state is LinkState.LIVE and link.reason and link.resource is not EVENTS
        ]
        return tuple(sorted(links, key=lambda link: not link.resource.is_workload))

    @property
    def is_listed(self) -> bool:
        """Whether all workloads and ReplicaSets that exist, and that we may see, have been heard of."""
        heard = self.store.listed | self._refused
        return self.store.listed.issuperset(NEEDED) and heard.issuperset({*WORKLOADS, REPLICASETS})

    @property
    def _refused(self) -> set[Resource]:
        return {link.resource for link in self.store.links.values() if link.state is LinkState.REFUSED}

    @property
    def missing(self) -> tuple[bool, bool]:
        """Whether there are workloads, and pods, that have not been heard of yet."""
        return not self.is_listed, self.pods is None

    @property
    def is_settled(self) -> bool:
        """Whether all has been heard of that the first state of the rollouts depends on, as far as we may see it."""
        return self.is_listed and self._has_heard_of_pods

    @property
    def is_worked_out_once(self) -> bool:
        """Whether no rollout is left that was worked out before all had been heard of: what it was then was chance."""
        return self._first is not None and not self._first

    @property
    def _has_heard_all(self) -> bool:
        heard = self.store.listed | self._refused
        return self.is_settled and self._knows_owners and heard.issuperset(STREAMED)

    @property
    def _knows_owners(self) -> bool:
        """Whether all has been heard of that a workload may be folded into."""
        return self._found is not None and self._found <= self.store.listed | self._refused

    def _may_be_a_part(self, workload: Workload) -> bool:
        """Whether its controller is of a kind of which not all has been heard yet, such as a Revision of Knative."""
        owner = workload.metadata.controller
        return owner is not None and owner.kind in self._owners and not self._knows_owners

    @property
    def _has_heard_of_pods(self) -> bool:
        return PODS in self.store.listed | self._refused

    @property
    def pods(self) -> int | None:
        """How many pods there are; None until all have been heard of."""
        return self.store.count(PODS) if PODS in self.store.listed else None
