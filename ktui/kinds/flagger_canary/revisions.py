"""The revisions of a Canary: those of its target, by whose numbers people know them, with the pods of both sides."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.kinds.flagger_canary.sides import Half
from ktui.kinds.flagger_canary.situation import Situation
from ktui.model.template import PodTemplate
from ktui.rollout import images
from ktui.rollout.facts import Revision


def revisions(situation: Situation) -> tuple[Revision, ...]:
    """Those of the target, the newest first, each with the pods of the primary that have its images.

    The primary counts for itself: its numbers mean nothing to anyone. Last come its pods of no revision of the target.
    """
    target, primary = situation.target, situation.primary
    if target is None:
        return primary.revisions if primary is not None else ()
    found, strange = list(target.revisions), []
    for own in primary.revisions if primary is not None else ():
        if not own.pods and not own.existing and not own.wanted:
            continue
        at = _place(found, own.template)
        if at is None:
            strange.append(own)
        else:
            found[at] = _with(found[at], own)
    if not strange:
        return tuple(found)
    pods = tuple(pod for each in strange for pod in each.pods)
    wanted, existing, ready = (
        sum(getattr(each, field) for each in strange) for field in ("wanted", "existing", "ready")
    )
    rest = Revision(
        stem=strange[0].stem, template=strange[0].template, pods=pods, wanted=wanted, existing=existing, ready=ready
    )
    return (*found, rest)


def promoted(target: Half | None, primary: Half | None) -> Revision | None:
    """The revision of the target that the primary has, as far as images tell."""
    if target is None or primary is None:
        return None
    at = _place(target.revisions, primary.template)
    return target.revisions[at] if at is not None else None


def _place(revisions: Sequence[Revision], template: PodTemplate | None) -> int | None:
    """Where the revision with these images is: the current one, or the newest of them."""
    if template is None:
        return None
    same = [
        at
        for at, each in enumerate(revisions)
        if each.template is not None and not images.differences(each.template, template)
    ]
    return next((at for at in same if revisions[at].is_current), next(iter(same), None))


def _with(revision: Revision, own: Revision) -> Revision:
    return msgspec.structs.replace(
        revision,
        pods=(*revision.pods, *own.pods),
        wanted=revision.wanted + own.wanted,
        existing=revision.existing + own.existing,
        ready=revision.ready + own.ready,
    )
