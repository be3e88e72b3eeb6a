"""Another pod template in a patch: images by container, the template of a manifest, the time of a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ktui.model.objects import RESTARTED_AT
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.plans.draft import PlanDraft
from ktui.plans.patch import Draft, Path, value_at
from ktui.plans.plan import Plan, PodToDelete, Target, Undo
from ktui.plans.request import Canary, Restart, SetImage
from ktui.plans.wording import called, image_changes, moved_images, owner_warnings, stale_cause
from ktui.rollout import images
from ktui.rollout.revisions import Refusal
from ktui.text import clean

BUSY: Final = "A rollout is running: the restart puts another revision on top of it."

TEMPLATE = ("spec", "template")
POD_SPEC = (*TEMPLATE, "spec")
RESTARTED = (*TEMPLATE, "metadata", "annotations", RESTARTED_AT)


class NewImages(NamedTuple):
    """Images that were put into a draft."""

    changed: list[tuple[str, str, str]]
    """The containers that get another one: their names, with the image before and after."""
    arguments: list[str]
    """The same for `kubectl set image`."""

    @property
    def label(self) -> str:
        """The first image that changes, and how many more do: `cart:5.1 +1`."""
        (name, old, new), *more = self.changed
        shown = images.Difference(name, is_init=False, old=old, new=new).shown[1]
        return shown + (f" +{len(more)}" if more else "")

    @property
    def undo(self) -> Undo:
        """The images of before."""
        pairs = tuple((name, old) for name, old, _ in self.changed)
        listed = ", ".join(f"{name}={old}" for name, old in pairs)
        return Undo(clean(f"Set the image back: {listed}") + ".", SetImage(pairs))


def put_images(draft: PlanDraft, request: SetImage, workload: Workload) -> NewImages | Refusal:
    """Put the images that are asked for into the draft of what holds the workload's template."""
    refused = refuse_images(request, draft.before)
    if refused is not None:
        return refused
    found = list(matching(request, draft.before))
    changed = []
    for field, index, container, image in found:
        if container.get("image") != image:
            draft.put((*POD_SPEC, field, index, "image"), image)
            changed.append((container["name"], container.get("image", ""), image))
    # Several pairs may name one container, and the last one counts.
    if not changed:
        wanted = ", ".join(f"{container['name']}={image}" for _, _, container, image in found)
        return Refusal(clean(f"nothing to change: {called(workload)} runs {wanted} already"))
    return NewImages(changed, _arguments(request, changed))


def plan_images(
    draft: PlanDraft,
    request: SetImage,
    workload: Workload,
    new: NewImages,
    *,
    effects: tuple[str, ...],
    undo: Undo,
    commands: tuple[str, ...],
    before: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    deletes: tuple[PodToDelete, ...] = (),
    of: Target | None = None,
) -> Plan:
    """The plan of images that were put into the draft of that workload.

    `before` and `warnings` are warnings of its kind, before and after those of all kinds; `of` is what the title names,
    if that is another workload than the one whose template changes.
    """
    return draft.plan(
        request,
        title=clean(f"Set the image of {of or draft.target} to {new.label}"),
        done=clean(f"set to {new.label}"),
        effects=(*image_changes(new.changed), *effects),
        warnings=(*before, *owner_warnings(workload), *moved_images(new.changed), *stale_cause(workload), *warnings),
        undo=undo,
        commands=commands,
        deletes=deletes,
    )


def plan_restarted(
    draft: PlanDraft,
    request: Restart,
    *,
    becomes: tuple[str, ...],
    commands: tuple[str, ...],
    is_busy: bool,
    warnings: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    can_pause: bool = True,
    deletes: tuple[PodToDelete, ...] = (),
) -> Plan:
    """The plan of a restart that was put into the draft: the same template again, as a rollout of its own.

    `becomes` says what becomes of the pods, `after` what there is to say besides.
    """
    pause = " A pause stops it half-way." if can_pause else ""
    return draft.plan(
        request,
        title=f"Restart {draft.target}",
        begun="restart",
        effects=(*becomes, "The template stays the same but for the time of the restart.", *after),
        warnings=(*((BUSY,) if is_busy else ()), *warnings),
        undo=Undo(f"Nothing to undo: the new pods run what the old ones did.{pause}"),
        commands=commands,
        deletes=deletes,
    )


def put_restart(draft: PlanDraft, now: datetime, path: Path = RESTARTED) -> Refusal | None:
    """Put the time of a restart into the draft. Two in a second would be one: kubectl refuses the second."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if value_at(draft.before, path) == stamp:
        return Refusal("a restart has been triggered within the past second already; wait before triggering another")
    draft.put(path, stamp)
    return None


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


def _arguments(request: SetImage, changed: Sequence[tuple[str, str, str]]) -> list[str]:
    """What is asked for as kubectl takes it, which keeps no repository: whole images, by container if need be."""
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


def refuse_what(request: Canary, raw: dict[str, Any]) -> Refusal | None:
    """Why a canary of that workload cannot be of what is asked for."""
    if request.template is None and not request.images:
        return Refusal("a canary needs something new: an image, or a manifest with another template")
    template = request.template or raw["spec"]["template"]
    return refuse_images(request, {"spec": {"template": template}}) if request.images else None


class NewTemplate(NamedTuple):
    """The template that a canary is to run, as it was put into a draft."""

    template: PodTemplate
    changed: list[tuple[str, str, str]]
    """The containers with the images that they had and get."""


def put_template(draft: PlanDraft, request: Canary, workload: Workload) -> NewTemplate | Refusal:
    """Put what a canary is to run into the draft: a template, images, or both."""
    changed = change_template(draft, request)
    template = PodTemplate(draft.after["spec"]["template"])
    if template == workload.spec.template:
        return Refusal(f"nothing to change: {called(workload)} runs that already")
    return NewTemplate(template, changed)


def change_template(draft: Draft, request: Canary) -> list[tuple[str, str, str]]:
    """Put the template in, and the images; returns the containers with the images that they had and get."""
    if request.template is not None:
        draft.put(TEMPLATE, request.template)
    changed = []
    for field, index, container, image in list(matching(request, draft.after)):
        old = container.get("image", "")
        if old != image:
            draft.put((*TEMPLATE, "spec", field, index, "image"), image)
            changed.append((container["name"], old, image))
    return changed
