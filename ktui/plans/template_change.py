"""Another pod template in a patch: images by container, the template of a manifest, the time of a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ktui.model.objects import RESTARTED_AT
from ktui.plans.patch import Draft
from ktui.plans.request import Canary, SetImage
from ktui.rollout import images
from ktui.rollout.revisions import Refusal
from ktui.text import clean

TEMPLATE = ("spec", "template")
POD_SPEC = (*TEMPLATE, "spec")
RESTARTED = (*TEMPLATE, "metadata", "annotations", RESTARTED_AT)


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


def refuse_what(request: Canary, raw: dict[str, Any]) -> Refusal | None:
    """Why a canary of that workload cannot be of what is asked for."""
    if request.template is None and not request.images:
        return Refusal("a canary needs something new: an image, or a manifest with another template")
    template = request.template or raw["spec"]["template"]
    return refuse_images(request, {"spec": {"template": template}}) if request.images else None


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
