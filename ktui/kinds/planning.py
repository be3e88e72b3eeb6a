"""What can be done to a workload of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.kinds.registry import EXTENSIONS, holder_of, kind_at, kind_of
from ktui.model.reference import Reference, in_full, reference_to
from ktui.model.resources import Resource, resource_of
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.plans.change_cause import cause_of, takes_cause, with_cause
from ktui.plans.offers import Choice, Offer, Rights
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import quota_warnings
from ktui.plans.request import Action, Request, action_of
from ktui.plans.subject import AnyKnown, AnySubject
from ktui.plans.wording import command
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts
from ktui.text import clean


def parts(resource: Resource) -> tuple[Resource, ...]:
    """What is read with a workload of that kind: first what keeps its revisions."""
    return kind_at(resource).kept_in


def subject(
    resource: Resource, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
) -> AnySubject:
    """Build a subject from raw objects, `listed` in the order of `parts`.

    `around` are the other members of `Subject`. Raises msgspec.ValidationError for what is not one of these objects.
    """
    return kind_at(resource).subject(raw, listed, now, **around)


def known(store: Store, workload: Workload, remembered: Accounts | None = None) -> AnyKnown:
    """What the streams have brought of a workload."""
    return kind_of(workload).known(store, workload, remembered or {})


def plan(request: Request, subject: AnySubject) -> Plan | Refusal:
    """What a request comes to on a workload as it is now, or why it cannot be done."""
    kind = kind_of(subject.workload)
    made = _refuse_here(action_of(request), subject.workload) or kind.acting.plan(request, subject)
    if isinstance(made, Refusal):
        return made
    asked_of = reference_to(subject.workload)
    if (asked_of.resource, asked_of.name) != (made.target.resource, made.target.name):
        made = msgspec.structs.replace(made, asked_of=asked_of)
    made = _with_claimants(made, subject)
    if subject.quotas:
        warnings = quota_warnings(made, subject, kind.acting.coming(made, subject))
        made = msgspec.structs.replace(made, warnings=(*made.warnings, *warnings))
    if not takes_cause(request) or made.subresource:
        # What goes to a status or a number of pods writes no annotation.
        return made
    annotate = command(subject, "annotate", Reference(made.target.name, made.target.resource).full)
    cause, made = cause_of(request), msgspec.structs.replace(made, annotate=annotate)
    return with_cause(made, cause) if cause else made


def _with_claimants(made: Plan, subject: AnySubject) -> Plan:
    """With who else rolls out the same."""
    own = subject.workload
    no_abort = next((why for each in (own, *subject.claimants) if (why := kind_of(each).no_abort)), "")
    warnings = claim_warnings(action_of(made.request), own, subject.claimants)
    elsewhere = _rolled_out_by(action_of(made.request), own, subject.claimants)
    return msgspec.structs.replace(
        made, no_abort=no_abort, warnings=(*made.warnings, *warnings), rolled_out_by=elsewhere
    )


def _rolled_out_by(action: Action, workload: Workload, claimants: Sequence[Workload]) -> Reference | None:
    """What tells how a change of that workload goes, if another one rolls it out, and no more than one."""
    if action is Action.SCALE:
        return None
    is_empty = kind_of(workload).replicas(workload) == 0
    found = [each for each in claimants if kind_of(each).rolls_out_for(each, workload, is_empty=is_empty)]
    return reference_to(found[0]) if len(found) == 1 else None


def claim_warnings(action: Action, workload: Workload, claimants: Sequence[Workload]) -> tuple[str, ...]:
    """Who else rolls out the same, what becomes of the action then, and which of several wins."""
    names = [in_full(reference_to(each)) for each in claimants]
    if resource_of(workload).claims:
        of_all = " rolls out the same workload: both change it, and the one that writes last wins."
        return tuple(clean(name + of_all) for name in names)
    texts = [text for each in claimants if (text := kind_of(each).of_target(each, workload, action))]
    if len(names) > 1:
        texts.append(clean(f"{' and '.join(names)} both roll it out: the one that writes last wins."))
    return tuple(texts)


def offers(
    known: AnyKnown,
    *,
    read_only: bool = False,
    rights: Rights | None = None,
    refuse: Callable[[Action], Refusal | None] = lambda _: None,
) -> tuple[Offer, ...]:
    """Every action on a workload, those that are open and those that are not, in the order of a footer.

    `refuse` says which ones rules forbid there.
    """
    found = kind_of(known.workload).acting.offers(known, read_only=read_only, rights=rights)
    return tuple(_offered_by_rule(_offered_of_part(each, known.workload), refuse) for each in found)


def _offered_by_rule(offer: Offer, refuse: Callable[[Action], Refusal | None]) -> Offer:
    refused = refuse(offer.action) if offer.open else None
    return msgspec.structs.replace(offer, open=False, why_not=refused.reason, instead=None) if refused else offer


_COURSE: Final = frozenset(
    {Action.PAUSE, Action.RESUME, Action.PROMOTE, Action.ROLLBACK, Action.ABORT, Action.CANARY, Action.REPAIR}
)
"""What is about the course of a rollout, which belongs to what holds the workload."""


def refuse_part(action: Action, workload: Workload) -> Refusal | None:
    """Why an action on what is only a part of another workload would be no use; None for all else."""
    return next((why for kind in EXTENSIONS if (why := kind.refuse_part(action, workload)) is not None), None)


def _refuse_held(action: Action, workload: Workload) -> Refusal | None:
    """Why an action is not for that workload: another one holds it, and takes such a change back without a word."""
    if action not in _COURSE:
        return None
    holder = holder_of(workload)
    return Refusal(f"{holder} holds it, and takes back what is done to it here: {action} that one") if holder else None


def _refuse_here(action: Action, workload: Workload) -> Refusal | None:
    return refuse_part(action, workload) or _refuse_held(action, workload)


def _offered_of_part(offer: Offer, workload: Workload) -> Offer:
    refused = refuse_part(offer.action, workload) or (_refuse_held(offer.action, workload) if offer.open else None)
    return msgspec.structs.replace(offer, open=False, why_not=refused.reason, instead=None) if refused else offer


def choices(action: Action, known: AnyKnown) -> tuple[Choice, ...]:
    """What an action may mean on a workload, if that has to be asked."""
    return kind_of(known.workload).acting.choices(action, known)


def is_under_way(known: AnyKnown) -> bool:
    """Whether there is something to abort: a rollout, or a canary that is held."""
    return kind_of(known.workload).acting.is_under_way(known)


def rollback_revision(known: AnyKnown) -> int | Refusal:
    """The number of the revision that a rollback would bring back, or why there is none."""
    return kind_of(known.workload).acting.rollback_revision(known)
