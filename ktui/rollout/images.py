"""Images as people read them."""

from __future__ import annotations

from ktui.model.template import PodTemplate


def short(image: str) -> str:
    """An image without its registry and path: `registry.example/shop/cart:5.0` is `cart:5.0`.

    A digest is cut to seven characters, as git does: `cart@sha256:0a1b2c3`.
    """
    path, at, digest = image.partition("@")
    name = path.rsplit("/", 1)[-1]
    if not at:
        return name
    algorithm, _, value = digest.partition(":")
    # A tag beside a digest says more to a person than the digest does.
    return name if ":" in name else f"{name}@{algorithm}:{value[:7]}"


def of_template(template: PodTemplate) -> str:
    """The images of a template's containers, the first by name and how many more there are."""
    if not template.containers:
        return ""
    first, *more = template.containers
    return short(first.image) + (f" +{len(more)}" if more else "")


def changed(old: PodTemplate | None, new: PodTemplate) -> tuple[str, str] | None:
    """The first image that differs between two templates, old and new, short; None where all are the same."""
    if old is None:
        return None
    before = {container.name: container.image for container in old.containers}
    for container in new.containers:
        image = before.get(container.name)
        if image is not None and image != container.image:
            return short(image), short(container.image)
    return None
