"""Why traffic does not go where the spec of a Service sends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ktui.kinds.knative_service import status as said
from ktui.kinds.knative_service.situation import READY, Part, Situation
from ktui.model.objects import Condition
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.wording import fit
from ktui.text import duration

_ALL_ASSIGNED: Final = "AllTrafficAssigned"
_WAITS_FOR_INGRESS: Final = ("IngressNotConfigured", "Uninitialized")
"""Reasons for which the ingress controller has not taken over what the Route asks for."""


def of_routing(situation: Situation, now: datetime) -> Iterator[Cause]:
    """The causes, in no order."""
    if not situation.service.observed:
        yield from _unobserved(situation, now)
        return
    yield from _missing(situation)
    yield from _unready(situation)
    yield from _name_taken(situation)
    yield from _of_route(situation, now)


def missing_targets(situation: Situation) -> tuple[str, ...]:
    """The revisions that the spec sends traffic to, or gives a tag, and that do not exist."""
    if situation.names is None or not situation.is_current:
        # A revision that the new template names is about to be made.
        return ()
    named = [target.revision_name for target in situation.service.spec.targets if target.revision_name]
    return tuple(dict.fromkeys(name for name in named if name not in situation.names))


def waits_for(situation: Situation) -> tuple[Part, ...]:
    """The revisions that the spec sends traffic to and that are not ready: all of the change waits for them."""
    named = {target.revision_name for target in situation.service.spec.targets if target.revision_name}
    return tuple(part for part in situation.parts if part.name in named and not part.is_ready)


def _missing(situation: Situation) -> Iterator[Cause]:
    for name in missing_targets(situation):
        condition = situation.condition(said.ROUTES_READY)
        yield Cause(
            Kind.SPEC,
            fit(f"traffic is sent to the revision {name}, which does not exist"),
            blocking=True,
            try_next="send the traffic to a revision that exists: until then no target changes",
            detail=condition.message if condition is not None else "",
            remedies=(Remedy.PROMOTE, Remedy.HISTORY),
            reason=Reason.REFERENCE_MISSING,
            since=_since(condition),
        )


def _unready(situation: Situation) -> Iterator[Cause]:
    """A target that failed, or never got its pods: the Route takes over no part of the change."""
    for part in waits_for(situation):
        if not part.has_failed or part.share:
            continue
        yield Cause(
            Kind.NOT_READY,
            fit(f"traffic is sent to {part.called}, which failed"),
            blocking=True,
            try_next="send the traffic to a revision that is ready: until then no target changes",
            detail=part.ready.message if part.ready is not None else "",
            remedies=(Remedy.PROMOTE, Remedy.HISTORY),
            reason=Reason.NOT_READY,
            since=_since(part.ready),
        )


def _name_taken(situation: Situation) -> Iterator[Cause]:
    condition = situation.condition(READY)
    if condition is None or condition.reason != said.REVISION_NAME_TAKEN:
        return
    yield Cause(
        Kind.SPEC,
        "the template names a revision that exists already with another template",
        blocking=True,
        try_next="give the template another name (spec.template.metadata.name), or none: Knative numbers it then",
        detail=condition.message,
        reason=Reason.SPEC_INVALID,
        since=_since(condition),
    )


def _of_route(situation: Situation, now: datetime) -> Iterator[Cause]:
    """What the Route says of ingress and certificates; if it may not be read, what the Service repeats of it."""
    conditions = situation.route.status.conditions if situation.route is not None else ()
    own = [each for each in conditions if each.type not in (READY, _ALL_ASSIGNED)]
    reported = own or [each for each in (situation.condition(said.ROUTES_READY),) if each is not None]
    known = (said.REVISION_MISSING, said.REVISION_NAME_TAKEN, said.ROLLOUT_IN_PROGRESS)
    for condition in reported:
        if condition.status == "False" and condition.reason not in known:
            what = "certificate" if condition.type.startswith("Certificate") else "ingress"
            words = f": {condition.message}" if condition.message else ""
            yield Cause(
                Kind.CONTROLLER,
                fit(f"the {what} refuses the traffic: {condition.reason}{words}"),
                blocking=True,
                try_next=f"look at the Route and the {what} of the Service: its revisions are not the reason",
                detail=condition.message,
                reason=Reason.CONTROLLER_FAILS,
                since=_since(condition),
            )
        elif condition.status == "Unknown" and condition.reason in _WAITS_FOR_INGRESS:
            since = _since(condition)
            if since is not None and is_stalled(Reason.NOT_OBSERVED, since, now):
                waits = duration((now - since).total_seconds())
                yield Cause(
                    Kind.CONTROLLER,
                    fit(f"the ingress controller has not taken the traffic over for {waits}"),
                    blocking=True,
                    try_next="check that the ingress controller (Kourier, Istio, Contour) runs, and what it logs",
                    detail=f"{condition.reason}: {condition.message}",
                    reason=Reason.NOT_OBSERVED,
                    since=since,
                )


def _unobserved(situation: Situation, now: datetime) -> Iterator[Cause]:
    meta = situation.service.metadata
    since = meta.spec_written or meta.creation_timestamp
    if since is None or not is_stalled(Reason.NOT_OBSERVED, since, now):
        return
    yield Cause(
        Kind.CONTROLLER,
        f"the controller has not taken the change over for {duration((now - since).total_seconds())}",
        blocking=True,
        try_next="check that the controller of Knative Serving runs, and what it logs",
        reason=Reason.NOT_OBSERVED,
        since=since,
    )


def _since(condition: Condition | None) -> datetime | None:
    return condition.last_transition_time if condition is not None else None
