"""Set image and restart: another pod template, and so a new rollout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any

from ktui.model.objects import RESTARTED_AT, Deployment
from ktui.model.template import PodTemplate
from ktui.plans.patch import Draft
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Canary, Restart, RollBack, SetImage
from ktui.plans.subject import Subject, in_flight
from ktui.plans.wording import (
    being_deleted,
    command,
    held_warnings,
    image_changes,
    image_of,
    moved_images,
    next_revision,
    number_for,
    owner_warnings,
    replacement,
    revision_of,
    stale_cause,
    target_of,
    tests_for,
    waits_for_resume,
)
from ktui.rollout import images, revisions
from ktui.rollout.revisions import Refusal
from ktui.text import clean

POD_SPEC = ("spec", "template", "spec")
RESTARTED = ("spec", "template", "metadata", "annotations", RESTARTED_AT)


def refuse_restart(deployment: Deployment) -> Refusal | None:
    """Why it cannot be restarted, in kubectl's words."""
    if deployment.spec.paused:
        name = deployment.metadata.name
        return Refusal(f'deployments.apps "{name}" can\'t restart paused deployment (run rollout resume first)')
    return being_deleted(deployment)


def plan_restart(request: Restart, subject: Subject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    deployment = subject.deployment
    refused = refuse_restart(deployment)
    if refused is not None:
        return refused
    stamp = subject.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if deployment.spec.template.annotations.get(RESTARTED_AT) == stamp:
        return Refusal("a restart has been triggered within the past second already; wait before triggering another")
    target = target_of(deployment)
    draft = Draft(subject.raw, tests_for(target))
    draft.put(RESTARTED, stamp)
    comes = f"revision {next_revision(subject.replicasets)}, image {image_of(deployment.spec.template)}"
    busy = ("A rollout is in flight: the restart puts another revision on top of it.",)
    return Plan(
        request=request,
        title=f"Restart {target}",
        begun="restart",
        target=target,
        patch=draft.patch,
        effects=(*replacement(subject, comes), "The template stays the same but for the time of the restart."),
        warnings=(
            *(busy if in_flight(deployment, subject.replicasets) else ()),
            *held_warnings(deployment),
        ),
        undo=Undo("Nothing to undo: the new pods run what the old ones did. A pause stops it half-way."),
        commands=(command(subject, "rollout", "restart", f"deployment/{target.name}"),),
        before=subject.raw,
        after=draft.after,
    )


def put_images(draft: Draft, request: SetImage, raw: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Put the images that are asked for into the draft of a workload.

    What changes by that: the container, its image before, its image after.
    """
    changed = []
    for field, index, container, image in matching(request, raw):
        if container.get("image") != image:
            draft.put((*POD_SPEC, field, index, "image"), image)
            changed.append((container["name"], container.get("image", ""), image))
    return changed


def plan_set_image(request: SetImage, subject: Subject) -> Plan | Refusal:
    """Roll another image out, as `kubectl set image` does: `*` means init containers too."""
    deployment = subject.deployment
    refused = being_deleted(deployment) or refuse_images(request, subject.raw)
    if refused is not None:
        return refused
    target = target_of(deployment)
    draft = Draft(subject.raw, tests_for(target))
    changed = put_images(draft, request, subject.raw)
    # Several pairs may name one container, and the last one counts.
    if draft.after == subject.raw:
        wanted = ", ".join(f"{container['name']}={image}" for _, _, container, image in matching(request, subject.raw))
        return Refusal(clean(f'nothing to change: deployment "{target.name}" runs {wanted} already'))
    new = label_of(changed)
    pairs = pairs_for_kubectl(request, changed)
    return Plan(
        request=request,
        title=clean(f"Set the image of {target} to {new}"),
        done=clean(f"set to {new}"),
        target=target,
        patch=draft.patch,
        effects=(
            *image_changes(changed),
            *_rollout_of(subject, draft.after),
        ),
        warnings=(
            *owner_warnings(deployment),
            *moved_images(changed),
            *stale_cause(deployment),
            *held_warnings(deployment),
        ),
        undo=_undo_image(subject, changed),
        commands=(command(subject, "set", "image", f"deployment/{target.name}", *pairs),),
        before=subject.raw,
        after=draft.after,
    )


def label_of(changed: Sequence[tuple[str, str, str]]) -> str:
    """The first image that changes, and how many more do: `cart:5.1 +1`."""
    (name, old, new), *more = changed
    shown = images.Difference(name, is_init=False, old=old, new=new).shown[1]
    return shown + (f" +{len(more)}" if more else "")


def _containers(raw: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    pod = raw["spec"]["template"]["spec"]
    for field in ("initContainers", "containers"):
        for index, container in enumerate(pod.get(field) or ()):
            yield field, index, container


def matching(request: SetImage | Canary, raw: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, Any], str]]:
    """Each container that is named, once, with the image that it gets: a tag alone keeps its own repository."""
    for field, index, container in _containers(raw):
        wanted = [image for name, image in request.images if name in ("*", container["name"])]
        if wanted:
            yield field, index, container, images.completed(wanted[-1], container.get("image", ""))


def pairs_for_kubectl(request: SetImage, changed: Iterable[tuple[str, str, str]]) -> list[str]:
    """What is asked for as kubectl takes it, which keeps no repository: whole images, by container if need be."""
    changed = list(changed)
    wanted = {image for _, image in request.images}
    if all(new in wanted for _, _, new in changed):
        return [f"{name}={image}" for name, image in request.images]
    return [f"{name}={new}" for name, _, new in changed]


def refuse_images(request: SetImage | Canary, raw: dict[str, Any]) -> Refusal | None:
    """Why these images cannot be given to these containers."""
    names = [container["name"] for _, _, container in _containers(raw)]
    if not request.images:
        return Refusal("one or more images must be given, as CONTAINER=IMAGE")
    for name, image in request.images:
        if not image or image != image.strip():
            return Refusal(f'"{clean(name)}={clean(image)}" names no image')
        if name != "*" and name not in names:
            return Refusal(f'unable to find container named "{clean(name)}"; available: {", ".join(names)}')
    twice = [name for name, times in Counter(name for name, _ in request.images).items() if times > 1]
    return Refusal(f'two images are given for "{clean(twice[0])}"') if twice else None


def _rollout_of(subject: Subject, after: dict[str, Any]) -> tuple[str, ...]:
    """What becomes of the pods: the template may be new, or that of a revision that comes back with it."""
    if subject.deployment.spec.paused:
        return (waits_for_resume(subject.deployment),)
    template, live = PodTemplate(after["spec"]["template"]), subject.deployment.spec.template
    known = next((rs for rs in subject.replicasets if rs.spec.template == template), None)
    then = number_for(template, subject.replicasets)
    if known is None:
        return replacement(subject, f"revision {then}, image {image_of(template, live)}", template=template)
    number = revisions.revision(known)
    as_what = f", numbered {then}" if then != number else ""
    again = f"This is the template of revision {number}: it comes back{as_what}."
    return (*replacement(subject, revision_of(known, live), known, template), again)


def _undo_image(subject: Subject, changed: list[tuple[str, str, str]]) -> Undo:
    deployment = subject.deployment
    current = revisions.current(deployment, subject.replicasets)
    number = revisions.revision(current) if current is not None else 0
    if number and not deployment.spec.paused and deployment.spec.revision_history_limit != 0:
        return Undo(f"Roll back to revision {number} ({image_of(deployment.spec.template)}).", RollBack(number))
    pairs = tuple((name, old) for name, old, _ in changed)
    return Undo(
        clean("Set the image back: " + ", ".join(f"{name}={old}" for name, old in pairs)) + ".", SetImage(pairs)
    )
