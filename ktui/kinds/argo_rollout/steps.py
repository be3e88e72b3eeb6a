"""How far a Rollout is: the steps of a canary with the weights, or the two sides of blue-green, and what it waits for.

Numbers are those that the plugin prints (`NewRolloutInfo` of pkg/kubectl-argo-rollouts/info, utils/replicaset/canary.go
of argoproj/argo-rollouts).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from ktui.kinds.argo_rollout.objects import ArgoRollout, BlueGreen, Canary, Step
from ktui.kinds.argo_rollout.revisions import Role, by_hash, newest_first, revision, roles, scale_down_deadline
from ktui.kinds.argo_rollout.status import BLUE_GREEN_PAUSE, CANARY_PAUSE
from ktui.model.durations import seconds
from ktui.model.objects import ReplicaSet
from ktui.text import clean, duration


class Mark(StrEnum):
    """Where a step is."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


class Rung(msgspec.Struct, frozen=True):
    """One step of the ladder, in the plugin's words."""

    label: str
    mark: Mark


class Ladder(msgspec.Struct, frozen=True):
    """The steps of a canary, and how its weights stand."""

    rungs: tuple[Rung, ...]
    step: int | None
    """The number of steps that are done, as the plugin prints it before the slash; None where the status has none."""
    set_weight: int
    """What the steps ask for so far."""
    actual_weight: int
    """What the canary has: of the traffic where something routes it, else of the available pods."""
    max_weight: int
    is_routed: bool
    routed_weight: int | None = None
    """What the VirtualServices of an update give the canary, whatever the status says; None where none tells."""
    pause_left: float | None = None
    """Seconds until the present pause ends by itself; None for a pause that someone has to end, and for none."""
    waits_for_promotion: bool = False
    """Whether it stands at a pause without an end."""

    @property
    def weight_now(self) -> int:
        """What the canary gets, from what tells it best."""
        return self.actual_weight if self.routed_weight is None else self.routed_weight

    @property
    def position(self) -> str:
        """`2/5`, as the plugin prints it; empty where it prints nothing."""
        return f"{self.step}/{len(self.rungs)}" if self.step is not None and self.rungs else ""


class Side(msgspec.Struct, frozen=True):
    """One side of blue-green: who has the traffic of its Service."""

    service: str
    revision: int
    """0 where no ReplicaSet is selected."""
    available: int
    wanted: int


class Leaving(msgspec.Struct, frozen=True):
    """A ReplicaSet that has lost its traffic, and is kept for a while."""

    name: str
    revision: int
    pods: int
    left: float
    """Seconds until it is scaled down; 0 where that is due."""


class Sides(msgspec.Struct, frozen=True):
    """Blue and green."""

    active: Side
    preview: Side | None
    """None where there is no Service for a preview."""
    promotes_in: float | None = None
    """Seconds until it is promoted by itself; None where it is not, or does not wait for that."""
    waits_for_promotion: bool = False


def current_step(rollout: ArgoRollout) -> tuple[Step | None, int | None]:
    """The step that is current, and its place (`GetCurrentCanaryStep`): None without steps, or behind the last."""
    strategy = rollout.spec.strategy.canary
    if strategy is None or not strategy.steps:
        return None, None
    at = max(0, rollout.status.current_step_index or 0)
    return (strategy.steps[at] if at < len(strategy.steps) else None), at


def label(step: Step) -> str:
    """A step in the plugin's words (`CanaryStepString`)."""
    scale = step.set_canary_scale
    if step.set_weight is not None:
        return f"setWeight: {step.set_weight}"
    if step.pause is not None:
        return "pause" if step.pause.duration is None else clean(f"pause: {step.pause.duration}")
    if step.experiment is not None:
        return "experiment"
    if step.analysis is not None:
        return "analysis"
    if scale is not None and scale.weight is not None:
        return f"setCanaryScale{{weight: {scale.weight}}}"
    if scale is not None and scale.match_traffic_weight:
        return "setCanaryScale{matchTrafficWeight: true}"
    if scale is not None and scale.replicas is not None:
        return f"setCanaryScale{{replicas: {scale.replicas}}}"
    if step.plugin is not None:
        return clean(f"plugin: {step.plugin.name}")
    if step.set_header_route is not None:
        return clean(f"setHeaderRoute: {step.set_header_route.name}")
    if step.set_mirror_route is not None:
        return clean(f"setMirrorRoute: {step.set_mirror_route.name}")
    return "invalid"


def set_weight(rollout: ArgoRollout, strategy: Canary) -> int:
    """What the steps up to the current one ask for (`GetCurrentSetWeight`)."""
    if rollout.status.abort:
        return 0
    step, at = current_step(rollout)
    if step is None or at is None:
        return strategy.max_weight
    return next((each.set_weight for each in reversed(strategy.steps[: at + 1]) if each.set_weight is not None), 0)


def actual_weight(rollout: ArgoRollout, strategy: Canary, replicasets: Sequence[ReplicaSet]) -> int:
    """The share that the canary has, as the plugin works it out: rounded down, and 0 while no pod is available."""
    step, _ = current_step(rollout)
    if step is None:
        return strategy.max_weight
    available = rollout.status.available_replicas
    if available <= 0:
        return 0
    if strategy.traffic_routing is not None:
        weights = rollout.status.canary.weights
        return set_weight(rollout, strategy) if weights is None else weights.canary.weight
    canary = next((rs for rs in newest_first(replicasets) if Role.CANARY in roles(rollout, rs)), None)
    return 0 if canary is None else canary.status.available_replicas * strategy.max_weight // available


def ladder(
    rollout: ArgoRollout, replicasets: Sequence[ReplicaSet], now: datetime, routed: int | None = None
) -> Ladder | None:
    """The steps of a canary; None for blue-green. `routed` is what VirtualServices give the canary."""
    strategy = rollout.spec.strategy.canary
    if strategy is None:
        return None
    step, at = current_step(rollout)
    done = len(strategy.steps) if at is None else at
    # After an abort it stands at the first step again, and goes nowhere.
    here = Mark.AHEAD if rollout.status.abort else Mark.CURRENT
    marks = [Mark.DONE if i < done else here if i == done else Mark.AHEAD for i in range(len(strategy.steps))]
    paused = rollout.paused_for(CANARY_PAUSE)
    pause = step.pause if step is not None and paused is not None else None
    length = seconds(pause.duration) if pause is not None and pause.duration is not None else None
    left = _left(paused.start_time, length, now) if paused is not None and length is not None else None
    return Ladder(
        rungs=tuple(Rung(label(each), mark) for each, mark in zip(strategy.steps, marks, strict=True)),
        step=rollout.status.current_step_index if strategy.steps else None,
        set_weight=set_weight(rollout, strategy),
        actual_weight=actual_weight(rollout, strategy, replicasets),
        max_weight=strategy.max_weight,
        is_routed=strategy.traffic_routing is not None,
        # Behind the last step, what is new is stable, and the canary's Service gets nothing.
        routed_weight=None if rollout.promoted else routed,
        pause_left=left,
        waits_for_promotion=pause is not None and pause.duration is None,
    )


def sides(rollout: ArgoRollout, replicasets: Sequence[ReplicaSet], now: datetime) -> Sides | None:
    """Blue and green; None for a canary."""
    strategy = rollout.spec.strategy.blue_green
    if strategy is None:
        return None
    status = rollout.status.blue_green
    paused = rollout.paused_for(BLUE_GREEN_PAUSE)
    return Sides(
        active=_side(strategy.active_service, by_hash(replicasets, status.active_selector)),
        preview=_side(strategy.preview_service, by_hash(replicasets, status.preview_selector))
        if strategy.preview_service
        else None,
        promotes_in=_promotes_in(strategy, paused.start_time, now) if paused is not None else None,
        waits_for_promotion=paused is not None and not strategy.promotes_itself,
    )


def leaving(rollout: ArgoRollout, replicasets: Sequence[ReplicaSet], now: datetime) -> tuple[Leaving, ...]:
    """The ReplicaSets that are kept after they lost their traffic (`scaleDownDelaySeconds`), the newest first."""
    status = rollout.status
    serves = status.blue_green.active_selector or status.stable_rs
    found = []
    for each in newest_first(replicasets):
        deadline = scale_down_deadline(each)
        if deadline is None or not each.spec.desired or each is by_hash(replicasets, serves):
            continue
        left = max(0.0, (deadline - now).total_seconds())
        found.append(Leaving(clean(each.metadata.name), revision(each), each.spec.desired, left))
    return tuple(found)


def waiting(ladder: Ladder | None, sides: Sides | None) -> str:
    """What a pause waits for, in a few words; empty where it does not pause at a step."""
    if ladder is not None and ladder.waits_for_promotion:
        return "paused until promoted"
    if ladder is not None and ladder.pause_left is not None:
        return f"paused, continues in {duration(ladder.pause_left)}"
    if sides is not None and sides.waits_for_promotion:
        return "the preview waits until promoted"
    if sides is not None and sides.promotes_in is not None:
        return f"the preview is promoted in {duration(sides.promotes_in)}"
    return ""


def _side(service: str, replicaset: ReplicaSet | None) -> Side:
    if replicaset is None:
        return Side(clean(service), 0, 0, 0)
    return Side(clean(service), revision(replicaset), replicaset.status.available_replicas, replicaset.spec.desired)


def _promotes_in(strategy: BlueGreen, start: datetime | None, now: datetime) -> float | None:
    if not strategy.promotes_itself or not strategy.auto_promotion_seconds:
        return None
    return _left(start, strategy.auto_promotion_seconds, now)


def _left(start: datetime | None, length: float, now: datetime) -> float | None:
    # What is left, and not what has passed: that is how long the words for it stay true (`ktui.present`).
    return max(0.0, (start + timedelta(seconds=length) - now).total_seconds()) if start is not None else None
