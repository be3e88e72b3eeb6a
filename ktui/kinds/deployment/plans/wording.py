"""The sentences of plans for Deployments: which pods, what the strategy promises, what is held."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.template import PodTemplate
from ktui.plans.wording import amid, image_of
from ktui.rollout.revisions import after_return
from ktui.text import count


def revision_of(replicaset: ReplicaSet, against: PodTemplate | None = None) -> str:
    """`revision 30, image cart:4.9`: against another template, the image that differs."""
    image = image_of(replicaset.spec.template, against)
    return f"revision {revisions.revision(replicaset)}" + (f", image {image}" if image else "")


def next_revision(replicasets: Sequence[ReplicaSet]) -> int:
    """The number that the controller gives to the next template that it rolls out."""
    return max(map(revisions.revision, replicasets), default=0) + 1


def number_for(template: PodTemplate, replicasets: Sequence[ReplicaSet]) -> int:
    """The number that a template has once it is rolled out, be it new or that of a revision that comes back."""
    known = next((rs for rs in replicasets if rs.spec.template == template), None)
    if known is None:
        return next_revision(replicasets)
    return after_return(revisions.revision(known), [revisions.revision(rs) for rs in replicasets if rs is not known])


def replacement(
    subject: DeploymentSubject, comes: str, kept: ReplicaSet | None = None, template: PodTemplate | None = None
) -> tuple[str, ...]:
    """What becomes of the pods when another template is rolled out.

    `comes` names what takes over (`revision 30, image cart:4.9`); `kept` is its ReplicaSet, where it has one, and
    `template` its template, where that is not the subject's.
    """
    against = template or subject.workload.spec.template
    deployment = subject.workload
    if deployment.spec.desired == 0:
        return (f"It is scaled to zero: the next pods will be of {comes}.",)
    sentences = []
    for replicaset in revisions.newest_first(subject.revisions):
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
        return (
            "All old pods stop before the first new one starts, and nothing serves in the meantime (strategy Recreate)."
        )
    desired, limits = deployment.spec.desired, strategy.bounds(deployment)
    least = strategy.promised(deployment)
    serving = (
        f"At least {least} of {count(desired, 'pod')} stay available" if least else "No pod needs to stay available"
    )
    return f"{serving}, and at most {desired + limits.surge} run at once."


def waits_for_resume(deployment: Deployment) -> str:
    """Why a change of the template does nothing yet."""
    return f"It is paused: {count(deployment.spec.desired, 'pod')} will be replaced only once it is resumed."


def held_warnings(deployment: Deployment) -> tuple[str, ...]:
    """What a canary's hold does to a template that is changed without taking the hold off (docs/semantics.md)."""
    if not strategy.held(deployment):
        return ()
    return (
        f"A canary is held (minReadySeconds {deployment.spec.min_ready_seconds}): "
        "no new pod becomes available until that is set back.",
    )
