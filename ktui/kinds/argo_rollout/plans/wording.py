"""The sentences of plans for Rollouts: revisions, steps and who serves."""

from __future__ import annotations

from ktui.kinds.argo_rollout.objects import ArgoRollout, Step
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, situation
from ktui.kinds.argo_rollout.revisions import revision
from ktui.kinds.argo_rollout.steps import label
from ktui.model.objects import ReplicaSet
from ktui.model.template import PodTemplate
from ktui.plans.wording import image_of
from ktui.rollout.revisions import Refusal
from ktui.text import clean, count, duration, shell_line


def plugin(subject: RolloutSubject, *arguments: str) -> str:
    """A command of the plugin for a shell; kubectl takes no flags before a plugin's name."""
    kubectl, *flags = subject.kubectl
    return shell_line((kubectl, "argo", "rollouts", *arguments, *flags, "-n", subject.workload.metadata.namespace))


def named(replicaset: ReplicaSet | None, against: PodTemplate | None = None) -> str:
    """`revision 3 (web:1.2)`; against another template, the image that differs."""
    if replicaset is None:
        return "the new revision"
    image = image_of(replicaset.spec.template, against)
    return f"revision {revision(replicaset)}" + (f" ({image})" if image else "")


def new_and_old(known: KnownRollout) -> tuple[str, str]:
    """What is being rolled out, and what it replaces, each by number and image."""
    where = situation(known)
    new, old = where.current, where.stable
    return (
        named(new, old.spec.template if old is not None else None),
        named(old, new.spec.template if new is not None else None) if old is not None else "no revision",
    )


def unobserved(rollout: ArgoRollout) -> Refusal | None:
    """What the status says is of a spec before this one: it must not be acted on."""
    return None if rollout.observed else Refusal("the controller has not seen the last change yet")


def stops_at(steps: tuple[Step, ...], begin: int) -> tuple[int, list[str]]:
    """The place of the next step from there on at which it waits for a person, and the steps on the way, in words."""
    on_the_way = []
    for at in range(begin, len(steps)):
        on_the_way.append(label(steps[at]))
        pause = steps[at].pause
        if pause is not None and pause.duration is None:
            return at, on_the_way
    return len(steps), on_the_way


def ahead(known: KnownRollout, begin: int, new: str = "") -> str:
    """What comes from that step on, until the next one at which it waits for a person.

    `new` is what is rolled out then, if that is not what the spec has now.
    """
    strategy = known.workload.spec.strategy.canary
    steps = strategy.steps if strategy is not None else ()
    at, on_the_way = stops_at(steps, begin)
    new = new or new_and_old(known)[0]
    if not on_the_way:
        return f"All steps are done: {new} gets all pods, and becomes the stable one."
    shown = ", ".join(on_the_way[:5]) + (f" and {len(on_the_way) - 5} more" if len(on_the_way) > 5 else "")
    if at == len(steps):
        return clean(f"Next: {shown}. Then {new} gets all pods, and becomes the stable one.")
    return clean(f"Next: {shown}. It waits there, at step {at + 1} of {len(steps)}.")


def kept_pods(known: KnownRollout) -> str:
    """What becomes of the new pods after an abort.

    `GetAbortScaleDownDelaySecondsOrDefault` of utils/defaults, `shouldDelayScaleDownOnAbort` of rollout/replicaset.go.
    """
    strategy, new = known.workload.spec.strategy, situation(known).current
    pods = max(new.spec.desired, new.status.replicas) if new is not None else 0
    if not pods:
        return ""
    what = f"{count(pods, 'pod')} of revision {revision(new) if new is not None else 0}"
    keeps: int | None = 0
    gives_way = False
    if strategy.blue_green is not None:
        keeps = strategy.blue_green.abort_scale_down_delay_seconds
    elif (canary := strategy.canary) is not None:
        keeps = canary.abort_scale_down_delay_seconds
        gives_way = canary.traffic_routing is None or (canary.dynamic_stable_scale and keeps is None)
    if gives_way:
        verb = "is" if pods == 1 else "are"
        return f"{what} {verb} stopped as {'it is' if pods == 1 else 'they are'} replaced."
    verb = "stays" if pods == 1 else "stay"
    if keeps == 0:
        return f"{what} {verb} until it is scaled or rolled out again (abortScaleDownDelaySeconds 0)."
    return f"{what} {verb} for {duration(30 if keeps is None else keeps)} (abortScaleDownDelaySeconds)."
