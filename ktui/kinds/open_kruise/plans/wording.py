"""The sentences of plans for workloads of OpenKruise: which pods change, in place or made again, and which stay."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ktui.kinds.controller_revisions.plans.rollback import template_in
from ktui.kinds.controller_revisions.plans.wording import revision_of
from ktui.kinds.controller_revisions.revisions import pods_by_revision
from ktui.kinds.controller_revisions.strategy import bounds, waits_for_deletion
from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.plans.wording import amid
from ktui.text import count


def replacement(subject: KruiseSubject, after: KruiseSet, raw: dict[str, Any], comes: str) -> tuple[str, ...]:
    """What becomes of the pods when the workload is `after`, as an object `raw`, with a template called `comes`."""
    if subject.workload.desired == 0:
        return (f"There are no pods: the next ones will be of {comes}.",)
    sentences, kept, moved = [], after.kept, 0
    for part in pods_by_revision(after, subject.revisions, subject.pods):
        pods = len(part.running)
        if part.is_current or not pods:
            if pods:
                stay = "is there already and stays" if pods == 1 else "are there already and stay"
                sentences.append(f"{count(pods, 'pod')} of {amid(comes)} {stay}.")
            continue
        of = f"of {amid(revision_of(part.revision, after.spec.template))} " if part.revision is not None else ""
        if waits_for_deletion(after):
            sentences.append(f"{count(pods, 'pod')} {of}{_stay(pods)} until someone deletes {_them(pods)}.")
            continue
        stays = min(kept, pods)
        kept, moved = kept - stays, moved + pods - stays
        if pods > stays:
            old = template_in(subject.raw_revisions[part.revision.metadata.uid]) if part.revision is not None else None
            how = _how(after, old, raw["spec"]["template"])
            sentences.append(f"{count(pods - stays, 'pod')} {of}will be {how} {comes}.")
        if stays:
            sentences.append(f"{count(stays, 'pod')} {of}{_stay(stays)}: the partition keeps {_them(stays)}.")
    if waits_for_deletion(after):
        return (*sentences, "Nothing is replaced by itself: the strategy is OnDelete.")
    if after.rolling.paused:
        return (*sentences, "It is paused: none of this happens until it is resumed.")
    return (*sentences, *([_pace(after)] if moved else ()))


def _how(after: KruiseSet, old: dict[str, Any] | None, new: dict[str, Any]) -> str:
    if old is None or not after.rolling.in_place or not can_be_in_place(old, new):
        return "replaced by"
    return "changed in place (same name, node and IP; the containers restart) to"


def can_be_in_place(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether no more than images, labels and annotations differ (`defaultCalculateInPlaceUpdateSpec`)."""
    return bool(_without_images(old) == _without_images(new))


def _without_images(template: dict[str, Any]) -> Any:
    spec = deepcopy(template.get("spec") or {})
    for container in spec.get("containers") or ():
        container.pop("image", None)
    return spec


def _pace(after: KruiseSet) -> str:
    limits = bounds(after)
    extra = f", and up to {count(limits.surge, 'pod')} more than wanted" if limits.surge else ""
    missing = f"at most {limits.unavailable} of them missing at one time" if limits.unavailable else "none missing"
    return f"{missing[0].upper()}{missing[1:]}{extra}."


def _stay(pods: int) -> str:
    return "stays as it is" if pods == 1 else "stay as they are"


def _them(pods: int) -> str:
    return "it" if pods == 1 else "them"
