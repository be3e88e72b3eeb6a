"""What `kubectl get ksvc` says of a Service, what waiting for it comes to, and its phase.

A Service is Ready if its Configuration and its Route are; False beats Unknown (`apis` of knative.dev/pkg). Conditions
count only where the controller has observed the generation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.situation import CONFIGURATIONS_READY, READY, Part, Situation, is_taken_over
from ktui.model.objects import Condition, condition_of
from ktui.rollout.rollout import Phase
from ktui.rollout.status import Verdict
from ktui.text import clean

ROUTES_READY: Final = "RoutesReady"

ROLLOUT_IN_PROGRESS: Final = "RolloutInProgress"
REVISION_MISSING: Final = "RevisionMissing"
REVISION_NAME_TAKEN: Final = "RevisionNameTaken"

_PASSING: Final = "NewObservedGenFailure"
"""Reason of a False that only means that the controller met an error and tries again."""

_WAITED_FOR: Final = "service.serving.knative.dev/{} condition met"
"""What `kubectl wait --for=condition=Ready` prints."""


def ready(service: KnativeService) -> Condition | None:
    """The condition Ready, which the columns READY and REASON are made of."""
    return condition_of(service.status.conditions, READY)


def is_ready(service: KnativeService) -> bool:
    """Whether it is ready as its spec is now."""
    reported = ready(service)
    return service.observed and reported is not None and reported.status == "True"


def is_refused(service: KnativeService) -> bool:
    """Whether it is not ready and its controllers expect no change: False, though that is not final."""
    reported = ready(service)
    return (
        is_taken_over(service) and reported is not None and reported.status == "False" and reported.reason != _PASSING
    )


def verdict(service: KnativeService) -> Verdict:
    """What waiting for its condition Ready comes to."""
    reported = ready(service)
    if is_ready(service):
        return Verdict(_WAITED_FOR.format(clean(service.metadata.name)), done=True)
    if not service.observed:
        return Verdict(f"waiting for generation {service.metadata.generation} to be observed")
    if reported is None:
        return Verdict("waiting for the condition Ready")
    words = " ".join(filter(None, (reported.status, reported.reason)))
    line = clean(f"Ready is {words}" + (f": {reported.message}" if reported.message else ""))
    return Verdict(line, done=True, failed=True) if is_refused(service) else Verdict(line)


def phase(situation: Situation, now: datetime, *, is_blocked: bool) -> Phase:
    """How it stands; `is_blocked` means that it has a problem that waiting does not fix."""
    service, newest = situation.service, situation.newest
    if service.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if serves_well_without_newest(situation):
        return Phase.HELD
    if is_refused(service) or has_run_out(situation, now):
        return Phase.FAILED
    if is_blocked:
        return Phase.STALLED
    if not is_ready(service):
        return Phase.PROGRESSING
    if newest is not None and newest.share < 100:
        return Phase.HELD
    return Phase.SCALED_TO_ZERO if is_asleep(situation) else Phase.COMPLETE


def is_asleep(situation: Situation) -> bool:
    """Whether it is ready without pods: no requests come, and the next one brings a pod."""
    return bool(situation.serving) and all(part.is_asleep for part in situation.serving)


def serves_well_without_newest(situation: Situation) -> bool:
    """Whether the newest revision failed, and all traffic is on others on purpose, as after a rollback by traffic.

    Only a new template changes the condition Ready then.
    """
    newest, routes = situation.newest, situation.condition(ROUTES_READY)
    follows = any(target.follows and target.share for target in situation.service.spec.targets)
    routed = routes is not None and routes.status == "True" and situation.is_current
    return routed and not follows and newest is not None and not newest.share and newest.has_failed


def has_run_out(situation: Situation, now: datetime) -> bool:
    """Whether the newest revision had its time and never became ready, whatever its condition says at this moment.

    A failed revision is scaled to zero, and with a min-scale up again: then it is Unknown until it fails again.
    """
    newest, reported = situation.newest, situation.condition(CONFIGURATIONS_READY)
    if newest is None or newest.is_ready or reported is None or reported.status == "True" or not situation.is_current:
        return False
    return _age(newest, now) > newest.deadline + _SLACK


_SLACK: Final = 5.0
"""Seconds that the controllers may be late with the word that a revision has become ready."""


def _age(part: Part, now: datetime) -> float:
    born = part.revision.metadata.creation_timestamp
    return (now - born).total_seconds() if born is not None else 0.0
