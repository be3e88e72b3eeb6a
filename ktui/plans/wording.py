"""The sentences of plans: revisions, pods and owners in words, with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ktui.model.changes import resource_of
from ktui.model.objects import LAST_APPLIED, Deployment, ReplicaSet
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.plans.controller_revisions.subject import SetSubject
from ktui.plans.patch import Operation, expect
from ktui.plans.plan import Target
from ktui.plans.subject import Subject
from ktui.rollout import images, revisions, strategy
from ktui.rollout.provenance import provenance
from ktui.rollout.revisions import Refusal
from ktui.text import clean, count, shell_line


def target_of(workload: Workload) -> Target:
    """The workload as what a plan is for."""
    meta = workload.metadata
    return Target(meta.namespace, meta.name, meta.uid, meta.generation, resource_of(workload))


def tests_for(target: Target) -> tuple[Operation, Operation]:
    """What makes a patch of the workload fail on any other, or on this one after its spec has changed.

    The generation, not the resourceVersion: that changes with every status update (docs/semantics.md, Roll back).
    """
    return expect(("metadata", "uid"), target.uid), expect(("metadata", "generation"), target.generation)


def command(subject: Subject | SetSubject, *arguments: str) -> str:
    """A kubectl command on the subject's namespace, for a shell."""
    return shell_line((*subject.kubectl, "-n", subject.workload.metadata.namespace, *arguments))


def being_deleted(workload: Workload) -> Refusal | None:
    """Nothing can be done to what is on its way out."""
    if workload.metadata.deletion_timestamp is None:
        return None
    return Refusal(f"{called(workload)} is being deleted")


def called(workload: Workload) -> str:
    """`deployment "web"`, as kubectl's sentences have it."""
    return f'{type(workload).__name__.lower()} "{workload.metadata.name}"'


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


def revision_of(replicaset: ReplicaSet, against: PodTemplate | None = None) -> str:
    """`revision 30, image cart:4.9`: against another template, the image that differs."""
    image = image_of(replicaset.spec.template, against)
    return f"revision {revisions.revision(replicaset)}" + (f", image {image}" if image else "")


def amid(name: str) -> str:
    """A revision's name in the middle of a sentence: the comma that opened before the image has to close again."""
    return f"{name}," if ", image " in name else name


def next_revision(replicasets: Sequence[ReplicaSet]) -> int:
    """The number that the controller gives to the next template that it rolls out."""
    return max(map(revisions.revision, replicasets), default=0) + 1


def number_for(template: PodTemplate, replicasets: Sequence[ReplicaSet]) -> int:
    """The number that a template has once it is rolled out, be it new or that of a revision that comes back."""
    known = next((rs for rs in replicasets if rs.spec.template == template), None)
    if known is None:
        return next_revision(replicasets)
    return revisions.after_return(
        revisions.revision(known), [revisions.revision(rs) for rs in replicasets if rs is not known]
    )


def renumbered(number: int, others: Iterable[int]) -> tuple[str, ...]:
    """What a revision will be called once it is back; nothing where it keeps its number."""
    after = revisions.after_return(number, others)
    return (f"Revision {number} will be numbered {after}.",) if after != number else ()


def replacement(
    subject: Subject, comes: str, kept: ReplicaSet | None = None, template: PodTemplate | None = None
) -> tuple[str, ...]:
    """What becomes of the pods when another template is rolled out.

    `comes` names what takes over (`revision 30, image cart:4.9`); `kept` is its ReplicaSet, where it has one, and
    `template` its template, where that is not the subject's.
    """
    against = template or subject.deployment.spec.template
    deployment = subject.deployment
    if deployment.spec.desired == 0:
        return (f"It is scaled to zero: the next pods will be of {comes}.",)
    sentences = []
    for replicaset in revisions.newest_first(subject.replicasets):
        if kept is not None and replicaset.metadata.uid == kept.metadata.uid:
            continue
        pods = max(replicaset.status.replicas, replicaset.spec.desired)
        if pods:
            sentences.append(
                f"{count(pods, 'pod')} of {amid(revision_of(replicaset, against))} will be replaced by {comes}."
            )
    if kept is not None and kept.status.replicas:
        stay = "is there already and stays" if kept.status.replicas == 1 else "are there already and stay"
        sentences.append(f"{count(kept.status.replicas, 'pod')} of {amid(comes)} {stay}.")
    if not sentences:
        sentences.append(f"{count(deployment.spec.desired, 'pod')} of {amid(comes)} will be started.")
    return (*sentences, pace(deployment))


def pace(deployment: Deployment) -> str:
    """What the strategy promises while pods are replaced."""
    if deployment.spec.strategy.type == strategy.RECREATE:
        return "All old pods stop before the first new one starts, and nothing serves meanwhile (strategy Recreate)."
    desired, limits = deployment.spec.desired, strategy.bounds(deployment)
    least = strategy.promised(deployment)
    serving = (
        f"At least {least} of {count(desired, 'pod')} stay available" if least else "No pod needs to stay available"
    )
    return f"{serving}, and at most {desired + limits.surge} run at once."


def waits_for_resume(deployment: Deployment) -> str:
    """Why a change of the template does nothing yet."""
    return f"It is paused: {count(deployment.spec.desired, 'pod')} will be replaced only once it is resumed."


def owner_warnings(workload: Workload) -> tuple[str, ...]:
    """Who else decides about the workload, and would take back what is changed by hand."""
    owner = provenance(workload)
    if owner is not None:
        return (clean(owner.sentence),)
    controller, kind = workload.metadata.controller, type(workload).__name__
    if controller is not None:
        return (clean(f"{controller.kind} {controller.name} controls this {kind}, and may undo a change by hand."),)
    if LAST_APPLIED in workload.metadata.annotations:
        return ("It was deployed with kubectl apply: applying the same manifest again undoes a change made by hand.",)
    return ()


def held_warnings(deployment: Deployment) -> tuple[str, ...]:
    """What a canary's hold does to a template that is changed without taking the hold off (docs/semantics.md)."""
    if not strategy.held(deployment):
        return ()
    return (
        f"A canary is held (minReadySeconds {deployment.spec.min_ready_seconds}): "
        "no new pod becomes available until that is set back.",
    )


def stale_cause(workload: Workload, described: str = "new revision") -> tuple[str, ...]:
    """A change-cause that nobody has changed says what an earlier change was for."""
    cause = clean(revisions.change_cause(workload))
    return (f'The change-cause "{cause}" stays, and will describe the {described} too.',) if cause else ()


def autoscaled(subject: Subject | SetSubject, pods: int) -> tuple[str, ...]:
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
    return ("No pod is left: nothing serves any more.",) if pods == 0 else ()
