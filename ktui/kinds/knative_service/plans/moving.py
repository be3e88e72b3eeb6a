"""Moves of traffic between revisions: promote, pin and follow, and any split or tag."""

from __future__ import annotations

import json
from typing import Any, Final

from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.plans.known import KnownService, ServiceSubject, named, situation, unsteady
from ktui.kinds.knative_service.plans.targets import (
    LATEST,
    PATH,
    as_request,
    effects,
    kept,
    of_request,
    plain,
    present,
    refuse_targets,
    split_with,
    warnings,
    with_shares,
)
from ktui.kinds.knative_service.situation import Part
from ktui.kinds.knative_service.status import ROLLOUT_IN_PROGRESS, ROUTES_READY
from ktui.kinds.knative_service.traffic import follows_latest, is_gradual
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Promote, Request, Resume, Share, Traffic
from ktui.plans.wording import command, owner_warnings, target_of
from ktui.rollout.revisions import Refusal
from ktui.text import clean

JSON = dict[str, Any]

_ALL: Final = 100


def moved(
    request: Request,
    subject: ServiceSubject,
    targets: list[JSON],
    *,
    title: str,
    begun: str,
    more: tuple[str, ...] = (),
) -> Plan | Refusal:
    """The plan that replaces the targets of a Service."""
    before = present(subject)
    refused = unsteady(subject) or refuse_targets(subject, targets)
    if refused is not None:
        return refused
    if targets == plain(before):
        return Refusal("nothing to change: the targets are these already")
    draft = draft_for(subject)
    draft.put(PATH, targets)
    body = json.dumps({"spec": {"traffic": targets}}, separators=(",", ":"))
    return draft.plan(
        request,
        title=clean(title),
        begun=clean(begun),
        effects=effects(subject, targets) or ("Only tags change: no traffic moves.",),
        warnings=(*more, *warnings(subject, targets), *owner_warnings(subject.workload)),
        undo=_undo(subject, before),
        commands=(command(subject, "patch", f"ksvc/{draft.target.name}", "--type", "merge", "-p", body),),
    )


def _undo(subject: ServiceSubject, before: list[JSON]) -> Undo:
    """The targets as they are written now. A gradual rollout does not go on where it was."""
    jumps = ": all at once, not gradually" if is_gradual(subject.workload) and follows_latest(subject.workload) else ""
    return Undo(f"Send the traffic where the spec sends it now{jumps}.", as_request(before))


def gradual_warnings(service: KnativeService, where: Any) -> tuple[str, ...]:
    """What an end of a gradual rollout means."""
    reported = where.condition(ROUTES_READY)
    if reported is None or reported.reason != ROLLOUT_IN_PROGRESS:
        return ()
    return ("The gradual rollout ends here: to follow the latest revision again jumps to 100 % at once.",)


# Promote


def refuse_promote(known: KnownService) -> Refusal | None:
    """Why there is nothing to give more traffic to."""
    where, refused = situation(known), unsteady(known)
    newest = where.newest
    if refused is not None:
        return refused
    if newest is None:
        return Refusal("nothing to promote: it has no revision yet")
    if newest.share == _ALL:
        return Refusal(f"nothing to promote: {newest.called} has all the traffic")
    if newest.has_failed:
        why = f": {newest.ready.reason}" if newest.ready is not None and newest.ready.reason else ""
        return Refusal(clean(f"{newest.called} failed{why}: it can get no traffic"))
    if not newest.is_ready and follows_latest(known.workload):
        return Refusal(f"{newest.called} is not ready yet: it gets its traffic by itself once it is")
    return None


def promote_label(known: KnownService) -> str:
    """What promote does here."""
    newest = situation(known).newest
    return f"promote {newest.called}" if newest is not None and refuse_promote(known) is None else "promote"


def plan_promote(request: Promote, subject: ServiceSubject) -> Plan | Refusal:
    """Give the newest revision more of the traffic, or all of it."""
    refused = refuse_promote(subject)
    newest = situation(subject).newest
    if refused is not None or newest is None:
        return refused or Refusal("nothing to promote: it has no revision yet")
    if request.skip:
        return Refusal("it has no steps to skip: promote it to a share of the traffic, such as 50%")
    percent = read_percent(request.to or "100%")
    if isinstance(percent, Refusal):
        return percent
    return _to_share(request, subject, newest, percent)


def _to_share(request: Promote, subject: ServiceSubject, part: Part, percent: int) -> Plan | Refusal:
    where = situation(subject)
    targets = with_shares(present(subject), split_with(where, part, percent))
    return moved(
        request,
        subject,
        targets,
        title=f"Promote {named(part)} of {target_of(subject.workload)} to {percent} % of the traffic",
        begun=f"promotion of {part.called} to {percent} %",
        more=gradual_warnings(subject.workload, where),
    )


def read_percent(text: str) -> int | Refusal:
    """A share of the traffic, `25%`: a number of pods is none."""
    digits = text.strip().removesuffix("%")
    if (
        not text.strip().endswith("%")
        or not digits.isascii()
        or not digits.isdecimal()
        or not 0 < int(digits[:9]) <= _ALL
    ):
        return Refusal(clean(f'"{text}" is no share of the traffic: write a percent such as 25%'))
    return int(digits)


# Pin and follow


def refuse_pin(known: KnownService) -> Refusal | None:
    """Why the traffic cannot be pinned to where it is."""
    if not follows_latest(known.workload):
        return Refusal("its traffic is pinned already")
    refused = unsteady(known)
    if refused is None and not situation(known).serving:
        return Refusal("nothing to pin: no revision has traffic yet")
    return refused


def plan_pin(request: Pause, subject: ServiceSubject) -> Plan | Refusal:
    """Keep the traffic where it is: new images come up, and get none."""
    where = situation(subject)
    targets = with_shares(present(subject), {part.name: part.share for part in where.serving})
    return moved(
        request,
        subject,
        targets,
        title=f"Pin the traffic of {target_of(subject.workload)} to the revisions that have it",
        begun="pinning",
        more=gradual_warnings(subject.workload, where),
    )


def refuse_follow(known: KnownService) -> Refusal | None:
    """Why the traffic cannot be sent to whatever is the latest."""
    if follows_latest(known.workload) and len([each for each in known.workload.spec.targets if each.share]) == 1:
        return Refusal("its traffic follows the latest revision already")
    refused = unsteady(known)
    if refused is None and not known.workload.status.latest_ready_revision_name:
        return Refusal("nothing to follow: no revision is ready yet")
    return refused


def plan_follow(request: Resume, subject: ServiceSubject) -> Plan | Refusal:
    """Send all traffic to whatever revision is the latest that is ready, now and from then on."""
    service = subject.workload
    targets = with_shares(present(subject), {LATEST: _ALL})
    latest = situation(subject).find(service.status.latest_ready_revision_name)
    jumps = latest is not None and latest.share < _ALL and is_gradual(service)
    return moved(
        request,
        subject,
        targets,
        title=f"Let the traffic of {target_of(service)} follow the latest revision",
        begun="following the latest revision",
        more=("It jumps to 100 % at once: only a revision that comes up later is rolled out gradually.",)
        if jumps
        else (),
    )


# Any split


def plan_traffic(request: Traffic, subject: ServiceSubject) -> Plan | Refusal:
    """Put these targets in place of those that there are; a number stands for the revision that has it."""
    where = situation(subject)
    shares = []
    for each in request.targets:
        found = next((part for part in where.parts if each.revision in (str(part.number), part.name)), None)
        if each.revision and found is None:
            there = ", ".join(str(part.number) for part in where.parts) or "none"
            return Refusal(clean(f'there is no revision "{each.revision}" of it; available: {there}'))
        shares.append(Share(found.name if found is not None else LATEST, each.percent, each.tag))
    targets = of_request(shares)
    if request.keep:
        tags = [str(each.get("tag") or "") for each in present(subject)]
        unknown = next((tag for tag in request.untag if tag not in tags), None)
        if unknown is not None:
            return Refusal(clean(f'there is no tag "{unknown}"; there are: {", ".join(filter(None, tags)) or "none"}'))
        targets = kept(present(subject), targets, request.untag)
    service = subject.workload
    split = ", ".join(
        f"{each['percent']} % to {each.get('revisionName', 'the latest')}" for each in targets if each["percent"]
    )
    return moved(
        request,
        subject,
        targets,
        title=f"Send the traffic of {target_of(service)}: {split}",
        begun="the move of traffic",
        more=gradual_warnings(service, where),
    )
