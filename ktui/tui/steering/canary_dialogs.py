"""What a person is asked for before another image rolls out; of a canary also how large, and in which way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from ktui.kinds.registry import history_of, kind_of
from ktui.model.template import Container
from ktui.model.workloads import Workload
from ktui.plans.request import Canary, SetImage
from ktui.plans.wording import target_of
from ktui.rollout import steps
from ktui.rollout.rollout import containers_of
from ktui.text import count
from ktui.tui.dialogs.form import FormScreen
from ktui.tui.dialogs.form_lines import Choice, Entry, FormField, Reading, Values
from ktui.tui.draw.widgets import Span
from ktui.tui.host import Host
from ktui.tui.steering.image_fields import changed_images, image_fields, read_images

_SIZE: Final = "size"
_SURGE: Final = "surge"


async def ask_images(host: Host, workload: Workload) -> SetImage | None:
    """Other images, typed or from an earlier revision; None if the person cancelled, or there is nothing to set."""
    uid = workload.metadata.uid
    rollout = host.live.rollouts.get(uid)
    containers = containers_of(rollout, workload) if rollout is not None else ()
    if not containers:
        host.notify(f"The containers of {target_of(workload)} are not known: no image can be set.", severity="warning")
        return None
    history = history_of(host.live.store, workload, remembered=host.recorder.accounts(uid))
    form = FormScreen(
        f"Set the image of {target_of(workload)}",
        image_fields(containers, history, host.now()),
        partial(read_images, containers),
    )
    values = await host.push_screen_wait(form)
    return changed_images(containers, values) if values is not None else None


async def ask_canary(host: Host, workload: Workload) -> Canary | None:
    """A canary on one form; None if the person cancelled. A StatefulSet has no surge to be asked about."""
    kind, containers = kind_of(workload), workload.spec.template.containers
    rollout, desired = host.live.rollouts.get(workload.metadata.uid), kind.replicas(workload)
    if desired is None:
        # Nodes say how many pods a DaemonSet has.
        desired = rollout.progress.desired if rollout is not None else 0
    size, read = Entry(_SIZE, "Size", "1", "pods, 25% or 2,50%,100%"), partial(read_canary, containers, desired)
    if kind.canary_of_traffic:
        size, read = Entry(_SIZE, "Share", "10%", "of the traffic: 10%"), partial(read_share, containers)
    fields: list[FormField] = [
        *image_fields(containers, None, host.now()),
        size,
        *([Choice(_SURGE, "Surge", "yes", ("yes", "no"), "extra pods?")] if kind.can_surge else []),
    ]
    values = await host.push_screen_wait(FormScreen(f"Canary of {target_of(workload)}", fields, read))
    if values is None:
        return None
    return Canary(
        steps=steps.read_steps(values[_SIZE]),
        images=changed_images(containers, values).images,
        surge=values.get(_SURGE) == "yes",
    )


def read_canary(containers: Sequence[Container], desired: int, values: Values) -> Reading:
    """What is said of a canary of so many desired pods; without a value for surge, it can have none."""
    wrong, notes, _ = read_images(containers, values)
    found = _read_size(values[_SIZE], desired, can_surge=_SURGE in values)
    if isinstance(found, str):
        return Reading({**wrong, _SIZE: found}, notes, {_SURGE: _meanings(desired, 0)})
    pods = steps.in_pods(found[0], desired)
    if values.get(_SURGE) == "no" and (refused := steps.wrong(found, desired, surge=False)):
        wrong = {**wrong, _SURGE: _sentence(refused)}
    text = _sizes_text(found, desired)
    if _SURGE not in values:
        text += f"; {'it replaces an old one' if pods == 1 else 'they replace old ones'}"
    return Reading(wrong, {**notes, _SIZE: Span(text, "dim")}, {_SURGE: _meanings(desired, pods)})


def read_share(containers: Sequence[Container], values: Values) -> Reading:
    """What is said of a canary that gets a share of the traffic."""
    wrong, notes, _ = read_images(containers, values)
    try:
        first, *_more = steps.read_steps(values[_SIZE])
    except ValueError as error:
        return Reading({**wrong, _SIZE: _sentence(str(error))}, notes, {})
    if not first.endswith("%"):
        return Reading({**wrong, _SIZE: "Write a percent, such as 25%."}, notes, {})
    text = f"{first} of the traffic goes to it when it is ready"
    return Reading(wrong, {**notes, _SIZE: Span(text, "dim")}, {})


def _read_size(text: str, desired: int, *, can_surge: bool) -> steps.Steps | str:
    """The steps, or what is wrong with them."""
    try:
        found = steps.read_steps(text)
    except ValueError as error:
        return _sentence(str(error))
    return _sentence(steps.wrong(found, desired, surge=can_surge)) or found


def _sizes_text(sizes: steps.Steps, desired: int) -> str:
    """`holds 2 of 12 pods, then 6, then all`: a share in pods."""
    first, *more = [steps.in_pods(size, desired) for size in sizes if not steps.is_full(size, desired)]
    held = f"holds {first} of {count(desired, 'pod')}"
    return ", then ".join([held, *map(str, more), "all"])


def _meanings(desired: int, pods: int) -> dict[str, str]:
    if not pods:
        return {"yes": "beside all old pods", "no": "instead of old pods"}
    return {
        "yes": f"{pods} more: {desired} old, {pods} new",
        "no": f"{pods} replaced: {desired - pods} old, {pods} new",
    }


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
