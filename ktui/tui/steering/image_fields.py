"""The images of a workload's containers as fields of a form: what is offered, what is wrong, what each comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui.model.template import Container
from ktui.plans.request import SetImage
from ktui.rollout import images
from ktui.rollout.earlier_images import EarlierImage, earlier_images
from ktui.rollout.history import History
from ktui.text import age
from ktui.tui.dialogs.form_lines import Entry, Offered, Reading, Values
from ktui.tui.draw.widgets import Span

_PREFIX: Final = "image:"


def image_fields(containers: Sequence[Container], history: History | None, now: datetime) -> list[Entry]:
    """A field for each container; with a history it offers the images of earlier revisions."""
    return [_field(each, history, now, is_only=len(containers) == 1) for each in containers]


def _field(container: Container, history: History | None, now: datetime, *, is_only: bool) -> Entry:
    repository, rest = images.split(container.image)
    return Entry(
        name=f"{_PREFIX}{container.name}",
        label="Image" if is_only else f"Image of {container.name}",
        value=container.image,
        hint="a tag alone is enough",
        # What is typed first replaces the tag; a digest goes with its sign.
        kept=len(repository) + (1 if rest.startswith(":") else 0),
        offered=_offered(history, container, now) if history is not None else (),
    )


def _offered(history: History, container: Container, now: datetime) -> list[Offered]:
    found = earlier_images(history, container.name, container.image)
    ages = [age(each.since, now) for each in found]
    cells = max(map(len, ages), default=0)
    return [
        Offered(each.image, str(each.revision), [Span(f"{old.rjust(cells)}  ", "dim"), _mark(each)])
        for each, old in zip(found, ages, strict=True)
    ]


def _mark(earlier: EarlierImage) -> Span:
    if earlier.is_last_good:
        return Span("last good", "good")
    return Span(earlier.mark, "failed")


def read_images(containers: Sequence[Container], values: Values) -> Reading:
    """What is said of the images; it is wrong if none of them is another one."""
    wrong: dict[str, str] = {}
    notes: dict[str, Span] = {}
    for container in containers:
        name = f"{_PREFIX}{container.name}"
        meant = _meant(container, values[name])
        if meant == container.image:
            notes[name] = Span("runs now", "dim")
        elif bad := images.wrong(meant):
            wrong[name] = bad
        elif moved := images.moved(container.image, meant):
            notes[name] = Span(f"! {moved}", "warn")
        elif meant != values[name]:
            notes[name] = Span(f"→ {meant}", "dim")
        else:
            notes[name] = Span(f"replaces {images.apart(container.image, meant)[0]}", "dim")
    if not wrong and not changed_images(containers, values).images:
        wrong[f"{_PREFIX}{containers[0].name}"] = "This is what runs now: enter another tag or image."
    return Reading(wrong, notes)


def changed_images(containers: Sequence[Container], values: Values) -> SetImage:
    """The images that are other ones, in full."""
    meant = [(each.name, _meant(each, values[f"{_PREFIX}{each.name}"]), each.image) for each in containers]
    return SetImage(tuple((name, image) for name, image, now in meant if image != now))


def _meant(container: Container, value: str) -> str:
    """The whole image that is meant.

    The tag is what is selected at first, so `:5.1`, a digest or a whole image may have been typed or pasted behind the
    colon that was kept. No tag has such signs.
    """
    kept = f"{images.split(container.image)[0]}:"
    typed = value.removeprefix(kept)
    return images.completed(typed if typed.startswith((":", "@")) or "/" in typed else value, container.image)
