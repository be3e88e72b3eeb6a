"""One thing that happened, as one source says it: a stamp of an object, or an event. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ktui import signs
from ktui.model.events import Event
from ktui.model.objects import Pod
from ktui.model.template import PodTemplate
from ktui.model.times import before, span
from ktui.rollout import images
from ktui.rollout.diagnosis import admission_messages, lifetimes
from ktui.rollout.diagnosis.lifetimes import Lifetime
from ktui.rollout.podstatus import is_ready

TOGETHER: Final = timedelta(seconds=10)
"""What follows its like within this time is shown together with it."""


class What(StrEnum):
    """What sort of thing happened."""

    MADE = "made"
    SCALED = "scaled"
    TURNED = "turned"
    STARTED = "started"
    READY = "ready"
    STOPPING = "stopping"
    TROUBLE = "trouble"
    NOTE = "note"
    ACTION = "deed"


GLYPHS: Final = {
    What.MADE: "+",
    What.SCALED: signs.UP_DOWN,
    What.TURNED: signs.DIAMOND,
    What.STARTED: signs.HALF_SQUARE,
    What.READY: signs.SQUARE,
    What.STOPPING: signs.HATCHED,
    What.TROUBLE: signs.CROSS,
    What.NOTE: signs.POINT,
    What.ACTION: signs.INTO,
}
"""The sign of what sort of thing happened, wherever a timeline is shown."""


class Stamp(msgspec.Struct, frozen=True):
    """One thing that one source tells. `pod` is the pod's name within its revision; `said` follows `pods of …`."""

    at: datetime
    what: What
    said: str
    whose: str = ""
    pod: str = ""
    is_warning: bool = False
    times: int = 1
    since: datetime | None = None


def of_pod(pod: Pod, whose: str, owner: str) -> Iterator[Stamp]:
    """What the status of one pod says: made, started, ready, crashed, stopping."""
    meta, name, life = pod.metadata, short_name(pod.metadata.name, owner), lifetimes.of_pod(pod)
    if meta.creation_timestamp is not None:
        yield Stamp(meta.creation_timestamp, What.MADE, "made", whose, name)
    for container in pod.status.container_statuses:
        running = container.state.running
        if running is not None and running.started_at is not None and not container.restart_count:
            yield Stamp(running.started_at, What.STARTED, "started", whose, name)
    for container in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        for ended in (container.last_state.terminated, container.state.terminated):
            if (
                ended is not None
                and ended.finished_at is not None
                and ended.exit_code
                and not life.stops(ended.finished_at)
            ):
                why = f", {ended.reason}" if ended.reason not in ("", "Error") else ""
                # Of all crashes, only the last one or two leave a stamp.
                again = " again" if container.restart_count > 1 else ""
                said = f"crashed{again}: {container.name}, exit {ended.exit_code}{why}"
                yield Stamp(ended.finished_at, What.TROUBLE, said, whose, name, is_warning=True)
    for condition in pod.status.conditions:
        if condition.type == "Ready" and is_ready(pod) and condition.last_transition_time is not None:
            yield Stamp(condition.last_transition_time, What.READY, "became ready", whose, name)
    if meta.deletion_timestamp is not None:
        began = before(meta.deletion_timestamp, span(meta.deletion_grace_period_seconds or 0))
        yield Stamp(began, What.STOPPING, "asked to stop", whose, name)


_QUIET: Final = frozenset({"Scheduled", "Pulling", "Pulled", "Created"})
"""Events of pods that say no more than that all goes its way."""


def of_pod_event(event: Event, whose: str, owner: str, life: Lifetime) -> Iterator[Stamp]:
    """What an event about one pod says beyond its status."""
    pod = short_name(event.involved_object.name, owner)
    if event.reason in _QUIET:
        return
    if event.reason == "Started":
        if not life.is_known:
            yield from of_event(event, What.STARTED, said="started", whose=whose, pod=pod)
        return
    if event.reason == "Killing" and event.message.startswith("Stopping container"):
        return
    # A pod's own name and address in a text would keep the same thing apart that happens to many.
    text = re.sub(r" in pod \S+$", "", event.message.replace(event.involved_object.name, "…"))
    if life.explains(event):
        # Probes fail until a program is up, and again once it stops: that is how either looks.
        return
    what = What.TROUBLE if event.type == "Warning" or event.reason == "Killing" else What.NOTE
    yield from of_event(event, what, said=f"{event.reason}: {text}", whose=whose, pod=pod)


def of_event(event: Event, what: What, *, said: str, whose: str = "", pod: str = "") -> Iterator[Stamp]:
    """What an event says, at the time when it was last seen."""
    if event.last_seen is not None:
        is_warning = event.type == "Warning"
        yield Stamp(event.last_seen, what, said, whose, pod, is_warning, event.times, event.first_timestamp)


def short_name(name: str, owner: str) -> str:
    """A pod's name without the name of its owner: `…7kjqm`."""
    return f"…{name.removeprefix(f'{owner}-')}" if name.startswith(f"{owner}-") else name


def refusal_of_pods(message: str) -> str:
    """Why pods are refused, without the names of the pods, so that it is one thing however often it happens."""
    return f"pods are refused: {admission_messages.in_words(message).why}"


def making(whose: str, template: PodTemplate | None, cause: str) -> str:
    """What is said of a new revision: its image and its change-cause."""
    image = f": {images.of_template(template)}" if template is not None else ""
    return f"{whose} was made{image}" + (f', "{cause}"' if cause else "")
