"""The sentences of plans: revisions, pods and owners in words, with numbers."""

from __future__ import annotations

from collections.abc import Iterable

from ktui.model.objects import LAST_APPLIED
from ktui.model.resources import resource_of
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.plans.patch import Operation, expect
from ktui.plans.plan import Target
from ktui.plans.subject import AnySubject
from ktui.rollout import images
from ktui.rollout.provenance import provenance
from ktui.rollout.revisions import Refusal, after_return, change_cause
from ktui.text import clean, shell_line


def target_of(workload: Workload) -> Target:
    """The workload as what a plan is for."""
    meta = workload.metadata
    return Target(meta.namespace, meta.name, meta.uid, meta.generation, resource_of(workload))


def tests_for(target: Target) -> tuple[Operation, Operation]:
    """What makes a patch of the workload fail on any other, or on this one after its spec has changed.

    The generation, not the resourceVersion: that changes with every status update (docs/semantics.md, Roll back).
    """
    return expect(("metadata", "uid"), target.uid), expect(("metadata", "generation"), target.generation)


def command(subject: AnySubject, *arguments: str) -> str:
    """A kubectl command on the subject's namespace, for a shell."""
    return shell_line((*subject.kubectl, "-n", subject.workload.metadata.namespace, *arguments))


def being_deleted(workload: Workload) -> Refusal | None:
    """Nothing can be done to what is on its way out."""
    if workload.metadata.deletion_timestamp is None:
        return None
    return Refusal(f"{called(workload)} is being deleted")


def called(workload: Workload) -> str:
    """`deployment "web"`, as kubectl's sentences have it."""
    return f'{resource_of(workload).kind.lower()} "{workload.metadata.name}"'


def state(workload: Workload, text: str) -> Refusal:
    """`deployments.apps "web" is already paused`, as kubectl has it."""
    resource = resource_of(workload)
    return Refusal(clean(f'{resource.plural}.{resource.group} "{workload.metadata.name}" is {text}'))


def image_of(template: PodTemplate | None, against: PodTemplate | None = None) -> str:
    """The image of a template as sentences have it: short and clean, and against another one that which differs."""
    return clean(images.of_template(template, against)) if template is not None else ""


def image_changes(changed: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """A sentence for each container that gets another image: its name, the image before and after."""
    return tuple(
        clean(f"Container {name}: {' → '.join(images.Difference(name, is_init=False, old=old, new=new).shown)}.")
        for name, old, new in changed
    )


def moved_images(changed: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """A warning for each container whose image comes from another repository."""
    return tuple(
        f"Container {clean(name)}: {moved}." for name, old, new in changed if (moved := images.moved(old, new))
    )


def amid(name: str) -> str:
    """A revision's name in the middle of a sentence: the comma that opened before the image has to close again."""
    return f"{name}," if ", image " in name else name


def renumbered(number: int, others: Iterable[int]) -> tuple[str, ...]:
    """What a revision will be called once it is back; nothing where it keeps its number."""
    after = after_return(number, others)
    return (f"Revision {number} will be numbered {after}.",) if after != number else ()


def owner_warnings(workload: Workload) -> tuple[str, ...]:
    """Who else decides about the workload, and would take back what is changed by hand."""
    owner = provenance(workload)
    if owner is not None:
        return (clean(owner.sentence),)
    controller, kind = workload.metadata.controller, resource_of(workload).kind
    if controller is not None:
        return (clean(f"{controller.kind} {controller.name} controls this {kind}, and may undo a change by hand."),)
    if LAST_APPLIED in workload.metadata.annotations:
        return ("It was deployed with kubectl apply: applying the same manifest again undoes a change made by hand.",)
    return ()


def stale_cause(workload: Workload, described: str = "new revision") -> tuple[str, ...]:
    """A change-cause that nobody has changed says what an earlier change was for."""
    cause = clean(change_cause(workload))
    return (f'The change-cause "{cause}" stays, and will describe the {described} too.',) if cause else ()


def autoscaled(subject: AnySubject, pods: int) -> tuple[str, ...]:
    """Who else decides how many pods there are, where so many are asked for.

    An autoscaler whose least is not 0 leaves what is scaled to 0 alone (`reconcileAutoscaler` of the
    HorizontalPodAutoscaler controller: ScalingDisabled).
    """
    return tuple(
        f"The HorizontalPodAutoscaler {clean(hpa.name)} ({hpa.least} to {hpa.most} pods) "
        + (
            "does nothing at 0 pods (ScalingDisabled): it will not undo this, nor start any until it is scaled up."
            if pods == 0 and hpa.least
            else "decides the number, and will undo this."
        )
        for hpa in subject.autoscalers
    )


def to_zero(pods: int) -> tuple[str, ...]:
    """What nobody should find out afterwards."""
    return ("No pod is left: nothing serves.",) if pods == 0 else ()
