"""A Service with its revisions, as it is known and as an action on it is planned."""

from __future__ import annotations

from ktui.kinds.knative_service.objects import KnativeRevision, KnativeService
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.kinds.knative_service.situation import situation as build
from ktui.plans.subject import Known, Subject
from ktui.plans.wording import being_deleted, image_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Candidate

KnownService = Known[KnativeService, KnativeRevision]
ServiceSubject = Subject[KnativeService, KnativeRevision]


def situation(known: KnownService) -> Situation:
    """What rules about revisions ask of it."""
    return build(known.workload, known.revisions)


def is_under_way(known: KnownService) -> bool:
    """Whether there is something to abort: a newest revision that comes up, or shares the traffic with another one."""
    where = situation(known)
    newest = where.newest
    if newest is None or where.before is None:
        return False
    shares = len([part for part in where.serving if part.share]) > 1
    return not known.workload.observed or (not newest.is_ready and not newest.share) or (shares and newest.share > 0)


def candidates(known: KnownService) -> list[Candidate]:
    """The revisions as `track_record` weighs them: what gets traffic serves, whether it has pods now or not."""
    return [
        Candidate(part.number, (), part.share if part.is_ready else 0, part.is_newest)
        for part in situation(known).parts
    ]


def unsteady(known: KnownService) -> Refusal | None:
    """Why nothing can be done to it at this moment."""
    service = known.workload
    refused = being_deleted(service)
    if refused is not None or service.observed:
        return refused
    return Refusal("the controller has not seen the last change yet")


def named(part: Part) -> str:
    """`revision 2 (web:1.1)`."""
    image = image_of(part.revision.template)
    return part.called + (f" ({image})" if image else "")
