"""Another template: set image, a canary by percent, and restart. Each makes a revision."""

from __future__ import annotations

import json
from typing import Final

from ktui.kinds.knative_service.plans.known import KnownService, ServiceSubject, named, situation
from ktui.kinds.knative_service.plans.moving import read_percent
from ktui.kinds.knative_service.plans.targets import LATEST, PATH, as_request, present, with_shares
from ktui.kinds.knative_service.traffic import follows_latest, is_gradual, serves
from ktui.plans.draft import PlanDraft, draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Canary, Restart, SetImage
from ktui.plans.template_change import (
    TEMPLATE,
    NewImages,
    change_template,
    put_images,
    put_restart,
    refuse_what,
)
from ktui.plans.wording import being_deleted, command, image_changes, moved_images, owner_warnings, stale_cause
from ktui.rollout.revisions import Refusal
from ktui.text import clean

_NAME: Final = (*TEMPLATE, "metadata", "name")


def refuse_template(known: KnownService) -> Refusal | None:
    """Why its template cannot be changed."""
    return being_deleted(known.workload)


def plan_set_image(request: SetImage, subject: ServiceSubject) -> Plan | Refusal:
    """Another image makes another revision."""
    draft = draft_for(subject)
    images = refuse_template(subject) or put_images(draft, request, subject.workload)
    if isinstance(images, Refusal):
        return images
    unnamed = _without_name(draft)
    return draft.plan(
        request,
        title=clean(f"Set the image of {draft.target} to {images.label}"),
        done=clean(f"set to {images.label}"),
        effects=(*image_changes(images.changed), *_becomes(subject), *unnamed),
        warnings=(*owner_warnings(subject.workload), *moved_images(images.changed), *stale_cause(subject.workload)),
        undo=images.undo,
        commands=(_patch(subject, draft),),
    )


def _becomes(subject: ServiceSubject) -> tuple[str, ...]:
    """What becomes of a new revision, by what the traffic follows."""
    service, where = subject.workload, situation(subject)
    if not follows_latest(service):
        return (clean(f"The new revision gets no traffic: that is pinned, and {serves(where)}. Promote releases it."),)
    how = "little by little" if is_gradual(service) else "at once"
    meanwhile = f" Until then {serves(where)}." if where.serving else ""
    return (clean(f"The new revision gets its traffic {how} when it is ready.{meanwhile}"),)


def _without_name(draft: PlanDraft) -> tuple[str, ...]:
    """Take the name of the revision away: Knative refuses another template under a name that is in use."""
    meta = (draft.after["spec"].get("template") or {}).get("metadata") or {}
    name = meta.get("name")
    if not name:
        return ()
    draft.remove(_NAME)
    return (clean(f"The name {name} is taken off the template: it is in use, and Knative numbers the new one."),)


def _patch(subject: ServiceSubject, draft: PlanDraft) -> str:
    changes = [each for each in draft.patch if each["op"] != "test"]
    body = json.dumps(changes, separators=(",", ":"))
    return command(subject, "patch", f"ksvc/{draft.target.name}", "--type", "json", "-p", body)


# Canary


def plan_canary(request: Canary, subject: ServiceSubject) -> Plan | Refusal:
    """A new template with so many percent of the traffic, in one change; the rest stays where it is now."""
    refused = refuse_template(subject) or refuse_what(request, subject.raw)
    if refused is not None:
        return refused
    percent = read_percent(request.steps[0])
    if isinstance(percent, Refusal):
        return percent
    where = situation(subject)
    if not where.serving:
        return Refusal("nothing serves yet: a canary needs a revision beside it")
    draft = draft_for(subject)
    changed = change_template(draft, request)
    if draft.after["spec"].get("template") == subject.raw["spec"].get("template"):
        return Refusal("nothing to change: that is its template already")
    unnamed = _without_name(draft)
    whole = sum(each.share for each in where.serving)
    shares = {each.name: each.share * (100 - percent) // whole for each in where.serving}
    shares[where.serving[0].name] += 100 - percent - sum(shares.values())
    before = present(subject)
    targets = with_shares(before, {**shares, LATEST: percent})
    draft.put(PATH, targets)
    new = NewImages(changed, []).label if changed else request.manifest
    steps = ", ".join(request.steps[1:])
    return draft.plan(
        request,
        title=clean(f"Canary of {draft.target} with {new}: {percent} % of the traffic"),
        begun=clean(f"canary with {percent} %"),
        effects=(
            *image_changes(changed),
            clean(f"The new revision gets {percent} % of the traffic when it is ready; until then {serves(where)}."),
            *unnamed,
            *((f"Promote it to the next share by hand: {steps}.",) if steps else ()),
        ),
        warnings=(*owner_warnings(subject.workload), *moved_images(changed), *stale_cause(subject.workload)),
        undo=Undo(
            "Send the traffic where the spec sends it now; the new revision stays, without traffic.",
            as_request(with_shares(before, {each.name: each.share for each in where.serving})),
        ),
        commands=(_patch(subject, draft),),
    )


# Restart


def refuse_restart(known: KnownService) -> Refusal | None:
    """Why it cannot be restarted."""
    return being_deleted(known.workload)


def plan_restart(request: Restart, subject: ServiceSubject) -> Plan | Refusal:
    """The same template again, as a new revision with new pods."""
    draft = draft_for(subject)
    refused = put_restart(draft, subject.now)
    if refused is not None:
        return refused
    unnamed = _without_name(draft)
    newest = situation(subject).newest
    same = f" of {named(newest)}" if newest is not None else ""
    return draft.plan(
        request,
        title=clean(f"Restart {draft.target}: the template{same} again"),
        begun="restart",
        effects=("A new revision with the same images comes of it, and new pods.", *_becomes(subject), *unnamed),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Nothing to undo: the new pods run what the old ones did."),
        commands=(_patch(subject, draft),),
    )
