"""The sentences of plans for StatefulSets and DaemonSets: which pods, in which order, and which are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from ktui.kinds.controller_revisions import progress, revisions
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, PodSetSubject
from ktui.kinds.controller_revisions.strategy import Controlled, bounds, desired, place, waits_for_deletion
from ktui.model.objects import Pod, RollingUpdate
from ktui.model.reference import reference_to
from ktui.model.template import PodTemplate, decode_hook
from ktui.model.workloads import ControllerRevision, PodSet, StatefulSet
from ktui.plans.plan import PodToDelete
from ktui.plans.subject import Subject
from ktui.plans.wording import amid, command, image_of
from ktui.rollout.podstatus import is_terminating
from ktui.rollout.revisions import Refusal
from ktui.text import clean, count

_W = TypeVar("_W", bound=PodSet)

_SHOWN = 4
"""How many pods are named one by one."""


def name_of(subject: PodSetSubject) -> str:
    """The workload as kubectl takes it: `statefulset/db`."""
    return reference_to(subject.workload).full


def revision_of(revision: ControllerRevision, against: PodTemplate | None = None) -> str:
    """`revision 3, image db:2`: against another template, the image that differs."""
    image = image_of(revision.template, against)
    return f"revision {revision.revision}" + (f", image {image}" if image else "")


def next_revision(known: Sequence[ControllerRevision]) -> int:
    """The number that the controller gives to the next template that it rolls out."""
    return max((revision.revision for revision in known), default=0) + 1


def numbered(subject: PodSetSubject, template: PodTemplate) -> tuple[str, str]:
    """What a template will be called, and a sentence about the revision that comes back with it, where one does."""
    number, live = next_revision(subject.revisions), subject.workload.spec.template
    known = next((rev for rev in revisions.newest_first(subject.revisions) if rev.template == template), None)
    if known is None:
        return f"revision {number}, image {image_of(template, live)}", ""
    if known.revision == number - 1:
        return revision_of(known, live), ""
    again = f"This is the template of revision {known.revision}: it comes back, numbered {number}."
    return revision_of(known, live), again


def changed(subject: Subject[_W, ControllerRevision], raw: dict[str, Any]) -> _W:
    """The workload that a patch makes, as rules look at one: of a generation that no controller has seen."""
    made: Any = msgspec.convert(raw, type(subject.workload), dec_hook=decode_hook)
    meta = msgspec.structs.replace(made.metadata, generation=subject.workload.metadata.generation + 1)
    after: _W = msgspec.structs.replace(made, metadata=meta)
    return after


def names(pods: Iterable[Pod]) -> str:
    """`db-3, db-2`; of many the first and the last."""
    shown = [clean(pod.metadata.name) for pod in pods]
    return f"{shown[0]} to {shown[-1]}" if len(shown) > _SHOWN else ", ".join(shown)


def replacement(subject: ControlledSubject, after: Controlled, comes: str) -> tuple[str, ...]:
    """What becomes of the pods when the template is that of `after`, which is called `comes`."""
    if desired(subject.workload) == 0:
        where = "scaled to zero" if isinstance(after, StatefulSet) else "on no node"
        return (f"It is {where}: the next pods will be of {comes}.",)
    parts = revisions.pods_by_revision(after, subject.revisions, subject.pods)
    sentences, moved, kept = [], 0, 0
    for part in parts:
        pods = from_the_top(after, part.pods)
        if part.is_current:
            if pods:
                stay = "is there already and stays" if len(pods) == 1 else "are there already and stay"
                sentences.append(f"{count(len(pods), 'pod')} of {amid(comes)} {stay}.")
            continue
        replaced = [pod for pod in pods if _is_reached(after, pod)]
        moved, kept = moved + len(replaced), kept + len(pods) - len(replaced)
        if replaced:
            which = f"({names(replaced)})" if isinstance(after, StatefulSet) else ""
            of = _spaced(
                amid(f"of {revision_of(part.revision, after.spec.template)} {which}".strip())
                if part.revision
                else which
            )
            if waits_for_deletion(after):
                each = "it comes back as" if len(replaced) == 1 else "each comes back as"
                stays = "stays as it is" if len(replaced) == 1 else "stay as they are"
                sentences.append(
                    f"{count(len(replaced), 'pod')} {of}{stays} until someone deletes "
                    f"{'it' if len(replaced) == 1 else 'them'}; {each} {comes}."
                )
            else:
                sentences.append(f"{count(len(replaced), 'pod')} {of}will be replaced by {comes}.")
    if waits_for_deletion(after):
        return (*sentences, "Nothing is replaced by itself: the strategy is OnDelete.")
    if kept and isinstance(after, StatefulSet):
        stays = "stays" if kept == 1 else "stay"
        sentences.append(f"{count(kept, 'pod')} {stays} below the partition of {after.spec.partition} as before.")
    return (*sentences, *([pace(after)] if moved else ()))


def _spaced(text: str) -> str:
    return f"{text} " if text else ""


def reached(subject: ControlledSubject, after: Controlled) -> list[Pod]:
    """The pods that are replaced by themselves when the template is that of `after`."""
    if waits_for_deletion(after):
        return []
    parts = revisions.pods_by_revision(after, subject.revisions, subject.pods)
    old = [pod for part in parts if not part.is_current for pod in part.pods]
    return [pod for pod in from_the_top(after, old) if _is_reached(after, pod)]


def from_the_top(workload: Controlled, pods: Iterable[Pod]) -> list[Pod]:
    """The pods that are not stopping; those of a StatefulSet in the order in which they are replaced."""
    running = [pod for pod in pods if not is_terminating(pod)]
    if isinstance(workload, StatefulSet):
        statefulset = workload
        running.sort(key=lambda pod: place(statefulset, pod), reverse=True)
    return running


def _is_reached(workload: Controlled, pod: Pod) -> bool:
    """Whether nothing holds it back. Where a pod waits to be deleted by someone, there is no partition."""
    return not isinstance(workload, StatefulSet) or place(workload, pod) >= workload.spec.partition


def pace(workload: Controlled) -> str:
    """What the strategy promises while pods are replaced."""
    limits = bounds(workload)
    if isinstance(workload, StatefulSet):
        if limits.unavailable > 1:
            return (
                f"From the highest down, at most {limits.unavailable} of them missing at one time "
                "(where the server knows maxUnavailable of StatefulSets, else one)."
            )
        return "One after another from the highest down, each only once the one before is available."
    rolling = workload.spec.update_strategy.rolling_update
    if isinstance(rolling, RollingUpdate) and limits.surge:
        nodes = f"On up to {limits.surge} nodes at a time" if limits.surge > 1 else "One node after another"
        return f"{nodes}: a new pod starts before the old one stops."
    nodes = f"On up to {limits.unavailable} nodes at a time" if limits.unavailable > 1 else "One node after another"
    return f"{nodes}: the old pod stops first, and nothing serves there in the meantime."


def pods_to_delete(subject: ControlledSubject, after: Controlled) -> tuple[PodToDelete, ...]:
    """The pods that would be waited for indefinitely, and that are deleted with the change where we may."""
    if not subject.may_delete_pods:
        return ()
    return tuple(PodToDelete(pod.metadata.name, pod.metadata.uid) for pod in _stranded(subject, after))


def deletion_effects(subject: ControlledSubject, after: Controlled) -> tuple[str, ...]:
    """What is said of them among the effects."""
    pods = _stranded(subject, after)
    if not pods or not subject.may_delete_pods:
        return ()
    them = "It is deleted" if len(pods) == 1 else "They are deleted"
    return (
        f"{names(pods)} {_is(pods)} not ready, and an OrderedReady StatefulSet would wait for that. {them} once the "
        "controller has seen the change.",
    )


def stranded_warnings(subject: ControlledSubject, after: Controlled) -> tuple[str, ...]:
    """What is left to others where we may not delete pods."""
    pods = _stranded(subject, after)
    if not pods or subject.may_delete_pods:
        return ()
    return (
        f"{names(pods)} {_is(pods)} not ready, and an OrderedReady StatefulSet waits for that before it replaces "
        f"anything. You may not delete pods: someone has to, after this ({_deletion(subject, pods)}).",
    )


def deletion_commands(subject: ControlledSubject, after: Controlled) -> tuple[str, ...]:
    """kubectl's way to delete them."""
    pods = _stranded(subject, after)
    return (_deletion(subject, pods),) if pods else ()


def _deletion(subject: ControlledSubject, pods: Sequence[Pod]) -> str:
    return command(subject, "delete", "pod", *(pod.metadata.name for pod in pods))


def _is(pods: Sequence[Pod]) -> str:
    return "is" if len(pods) == 1 else "are"


def _stranded(subject: ControlledSubject, after: Controlled) -> list[Pod]:
    if waits_for_deletion(after):
        return []
    found = progress.stranded(after, revisions.pods_by_revision(after, subject.revisions, subject.pods))
    return from_the_top(after, found)


def refuse_on_delete(workload: PodSet, what: str) -> Refusal | None:
    """Why nothing that is about the course of a rollout can be done where there is none."""
    if not waits_for_deletion(workload):
        return None
    return Refusal(f"{what}: the strategy is OnDelete, so a pod changes only when someone deletes it")
