"""Who gets which share of the traffic, in words, and how a gradual rollout moves it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.knative_service.objects import ROLLOUT_DURATION, KnativeService
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.kinds.knative_service.status import ROLLOUT_IN_PROGRESS, ROUTES_READY
from ktui.model.durations import seconds
from ktui.text import clean, duration

_NANO: Final = 1e9


class _Share(msgspec.Struct, frozen=True, rename="camel"):
    revision_name: str = ""
    percent: int = 0


class _Steps(msgspec.Struct, frozen=True, rename="camel"):
    next_step_time: int = 0
    step_duration: int = 0
    step_size: int = 0


class _Configuration(msgspec.Struct, frozen=True, rename="camel"):
    percent: int = 0
    revisions: tuple[_Share, ...] = ()
    step_params: _Steps = _Steps()


class _State(msgspec.Struct, frozen=True):
    configurations: tuple[_Configuration, ...] = ()


_STATE: Final = msgspec.json.Decoder(_State)


class Gradual(msgspec.Struct, frozen=True):
    """A gradual rollout that is running. Times are in seconds; None where nothing tells."""

    percent: int
    """What the newest revision has of it now."""
    goal: int
    left: float | None
    step: int
    """Percent that each step adds; 0 before the first."""


def gradual(situation: Situation, now: datetime) -> Gradual | None:
    """The gradual rollout of now; None if there is none.

    The Ingress keeps its steps (`Rollout` of pkg/reconciler/route/traffic).
    """
    routed = situation.condition(ROUTES_READY)
    if routed is None or routed.reason != ROLLOUT_IN_PROGRESS:
        return None
    moving = [each for each in _state(situation).configurations if len(each.revisions) > 1]
    newest = situation.newest
    whole = seconds(situation.service.metadata.annotations.get(ROLLOUT_DURATION, ""))
    if not moving:
        share = newest.share if newest is not None else 0
        return Gradual(share, sum(each.share for each in situation.serving), whole, 0)
    slowest = max(moving, key=lambda each: _left(each, whole, now) or 0.0)
    steps = slowest.step_params
    return Gradual(slowest.revisions[-1].percent, slowest.percent, _left(slowest, whole, now), steps.step_size)


def _state(situation: Situation) -> _State:
    text = situation.ingress.rollout_state if situation.ingress is not None else ""
    try:
        return _STATE.decode(text) if text else _State()
    except msgspec.MsgspecError:
        return _State()


def _left(moving: _Configuration, whole: float | None, now: datetime) -> float | None:
    """Seconds until the newest has all of it: whole steps, of which the present one is partly over."""
    params = moving.step_params
    if params.step_size <= 0 or params.step_duration <= 0:
        return whole
    steps = max(1, -(-(moving.percent - moving.revisions[-1].percent) // params.step_size))
    each = params.step_duration / _NANO
    next_in = params.next_step_time / _NANO - now.timestamp()
    # The step may be late, and another clock than that of the controller may be wrong: then no part of it is over.
    return (steps - 1) * each + (next_in if 0 <= next_in <= each else each)


def split(situation: Situation) -> str:
    """Who gets what: `revision 1 gets 90 % of the traffic, revision 2 10 %`; empty where nobody does."""
    first, *others = situation.serving or (None,)
    if first is None:
        return ""
    parts = [f"{first.called} gets {first.share} % of the traffic"]
    parts += [f"{each.called} {each.share} %" for each in others]
    return ", ".join(parts)


def serves(situation: Situation) -> str:
    """Who serves, in short: `revision 1 serves 100 %`."""
    parts = [
        f"{each.called} serves {each.share} %" if each.is_ready else f"{each.called} gets {each.share} %, not ready"
        for each in situation.serving
    ]
    gone = [each for each in situation.service.status.traffic if each.share and not situation.find(each.revision_name)]
    parts += [f"the revision {each.revision_name} gets {each.share} %, deleted" for each in gone]
    return ", ".join(parts) or "nothing serves"


def shares(situation: Situation) -> tuple[int, ...]:
    """The shares in percent: of the newest revision first, then of each other one; none where there is no traffic."""
    newest = situation.newest
    if not situation.serving:
        return ()
    return (
        newest.share if newest is not None else 0,
        *(each.share for each in situation.serving if not each.is_newest),
    )


def moving(situation: Situation, now: datetime) -> str:
    """How a gradual rollout goes: `gradual rollout: revision 2 has 19 %, revision 1 81 %, about 18s left`."""
    found = gradual(situation, now)
    if found is None:
        return ""
    first, *others = sorted(situation.serving, key=lambda each: -each.number) or (None,)
    parts = [f"{first.called} has {first.share} %"] if first is not None else []
    parts += [f"{each.called} {each.share} %" for each in others]
    left = [f"about {duration(max(1.0, found.left))} left"] if found.left is not None else []
    newest = situation.newest
    joins = f"; {newest.called} joins when it is ready" if newest is not None and not newest.is_ready else ""
    return f"gradual rollout: {', '.join([*parts, *left])}{joins}"


def is_gradual(service: KnativeService) -> bool:
    """Whether a new revision gets its traffic little by little."""
    return bool(seconds(service.metadata.annotations.get(ROLLOUT_DURATION, "")))


def follows_latest(service: KnativeService) -> bool:
    """Whether a new revision gets traffic without being asked for."""
    return any(target.follows and target.share for target in service.spec.targets)


def tags(part: Part) -> tuple[tuple[str, str], ...]:
    """The tags of a revision, each with the URL that it serves all of."""
    return tuple((each.tag, each.url) for each in part.tagged)


def held_back(service: KnativeService) -> str:
    """What stays as before although the Service is ready: a revision that is ready and has no traffic, or not all."""
    latest = service.status.latest_ready_revision_name
    share = sum(each.share for each in service.status.traffic if each.revision_name == latest)
    if not latest or not service.status.traffic or share >= 100:
        return ""
    if not share:
        return clean(f"The revision {latest} is ready, not released: it gets no traffic until it is promoted.")
    return clean(f"The revision {latest} gets {share} % of the traffic.")
