"""A Canary with everything around it that tells how it is doing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.messages import Report, Sort, newest_first
from ktui.kinds.flagger_canary.objects import Canary, Workload
from ktui.kinds.flagger_canary.sides import Half, half_of
from ktui.kinds.flagger_canary.traffic import Serving, serving
from ktui.model.objects import Deployment
from ktui.model.resources import DAEMONSETS, DEPLOYMENTS
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import DaemonSet
from ktui.rollout import images

_SLACK: Final = timedelta(seconds=5)
"""Stamps are whole seconds, and a look of the controller takes its time."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one Canary."""

    canary: Canary
    target: Half | None
    """None if there is none, or if it is no workload that ktui knows."""
    primary: Half | None
    serving: Serving
    reports: tuple[Report, ...] = ()
    """What Flagger reported, the newest first."""
    is_listed: bool = True
    """Whether a target that is not known does not exist."""

    @property
    def phase(self) -> str:
        """What the controller says."""
        return self.canary.status.phase

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being rolled out."""
        return self.phase in said.AT_REST

    @property
    def is_under_way(self) -> bool:
        """Whether a new revision is looked at, or promoted."""
        return self.phase in said.UNDER_WAY

    @property
    def new(self) -> PodTemplate | None:
        """What is to run, or runs: the target's while that is on its way, or has failed; else the primary's."""
        half = self.primary if self.is_at_rest and self.primary is not None else self.target or self.primary
        return half.template if half is not None else None

    @property
    def differs(self) -> bool:
        """Whether the target has other images than the primary."""
        if self.target is None or self.primary is None:
            return False
        return bool(images.differences(self.primary.template, self.target.template))

    def unseen_since(self, now: datetime) -> datetime | None:
        """When the target got a template that Flagger has not looked at, if it has one.

        It looks at intervals. A template that it has seen and takes for the promoted one leaves no trace: after two
        intervals that is what it was, unless the images tell that it cannot be.
        """
        if self.target is None or not (self.is_at_rest or self.phase == said.FAILED):
            return None
        written, seen = self.target.written, self.canary.status.last_transition_time
        if written is None or seen is None or written <= seen:
            return None
        looks = timedelta(seconds=2 * self.canary.interval) + _SLACK
        if self.canary.spec.suspend:
            return written if self.differs else None
        return written if self.differs or now < written + looks else None

    def latest(self, *sorts: Sort) -> Report | None:
        """The newest report of one of these sorts."""
        return next((each for each in self.reports if each.sort in sorts), None)

    @property
    def newest(self) -> Report | None:
        """What Flagger said last, but for what repeats what the spec says."""
        return next((each for each in self.reports if each.sort is not Sort.NOTE), None)

    @property
    def shut(self) -> str:
        """The gate that is shut, by its name, or all that may be; empty where none is."""
        kinds = {said.WAITING: "confirm-rollout", said.WAITING_PROMOTION: "confirm-promotion"}
        latest = self.newest
        if self.phase in kinds:
            hooks = [hook.name for hook in self.canary.hooks(kinds[self.phase])]
            gate = self.latest(Sort.GATE)
            return gate.name if gate is not None and gate.name in hooks else " or ".join(hooks)
        is_gate = latest is not None and latest.sort is Sort.GATE and self.phase == said.PROGRESSING
        return latest.name if latest is not None and is_gate else ""

    @property
    def is_undone(self) -> bool:
        """Whether the target got the primary's template back while another one was looked at (CASES 91)."""
        status = self.canary.status
        if self.phase not in (*said.ANALYSES, said.PROMOTING, said.FINALISING) or self.target is None:
            return False
        current = self.target.current
        if (
            self.differs
            or current is None
            or not current.former
            or status.last_applied_spec == status.last_promoted_spec
        ):
            return False
        began, written = self.began, self.target.written
        return began is not None and written is not None and written >= began

    @property
    def began(self) -> datetime | None:
        """When the analysis of what is in progress began: its condition turned then."""
        condition = self.canary.promoted
        return condition.last_transition_time if condition is not None and condition.status == "Unknown" else None

    @property
    def ended(self) -> datetime | None:
        """When it succeeded or failed last, or was initialized."""
        condition = self.canary.promoted
        return condition.last_transition_time if condition is not None and condition.status != "Unknown" else None


def situation_of(store: Store, canary: Canary, now: datetime | None) -> Situation:
    """What is known of a Canary and of what belongs to it."""
    target, primary = half_of(store, target_of(store, canary), now), half_of(store, primary_of(store, canary), now)
    resource = DAEMONSETS if canary.target.kind == DaemonSet.__name__ else DEPLOYMENTS
    return Situation(
        canary=canary,
        target=target,
        primary=primary,
        serving=serving(store, canary, target, primary),
        reports=newest_first(store.events(canary.metadata.uid)),
        is_listed=canary.is_of_pods and resource in store.listed,
    )


def target_of(store: Store, canary: Canary) -> Workload | None:
    """The workload that it rolls out, if that is known."""
    return _workload(store, canary, canary.target.name)


def primary_of(store: Store, canary: Canary) -> Workload | None:
    """The workload that serves, if that is known."""
    return _workload(store, canary, canary.primary_name)


def _workload(store: Store, canary: Canary, name: str) -> Workload | None:
    namespace = canary.metadata.namespace
    match canary.target.kind:
        case "Deployment":
            return store.named(Deployment, namespace, name)
        case "DaemonSet":
            return store.named(DaemonSet, namespace, name)
        case _:
            return None
