"""What a person is asked for before there is a plan: the new number of pods, the image, the size of a canary."""

from __future__ import annotations

import re
from typing import Final

from ktui.model.workloads import DaemonSet, Workload
from ktui.plans.request import PLAIN, Action, Request, Scale, SetImage
from ktui.plans.wording import target_of
from ktui.rollout import images
from ktui.text import count
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.dialogs.pick import PickScreen
from ktui.tui.host import Host
from ktui.tui.steering.canary_dialogs import ask_canary

MAX_REPLICAS: Final = 2147483647

_IMAGE: Final = re.compile(r"[\w./:@+-]+", re.ASCII)


async def ask_request(host: Host, action: Action, workload: Workload) -> Request | None:
    """What is wanted of a workload; None if the person left a dialog."""
    if action in PLAIN:
        return PLAIN[action]()
    if action is Action.SCALE:
        assert not isinstance(workload, DaemonSet), "which cannot be scaled, and so is not asked about"
        now = workload.spec.desired
        return await ask_scale(
            host, f"Scale {target_of(workload)}", f"Currently {count(now, 'replica')}. New number:", str(now)
        )
    name = str(target_of(workload))
    title = f"Canary of {name}" if action is Action.CANARY else f"Set the image of {name}"
    image = await _ask_image(host, workload, title)
    if image is None or action is not Action.CANARY or isinstance(workload, DaemonSet):
        return image
    return await ask_canary(host, workload, image.images, title)


async def ask_scale(host: Host, title: str, note: str, at_first: str = "") -> Scale | None:
    """A number of pods."""
    value = await host.push_screen_wait(AskScreen(title, note, at_first, _wrong_number))
    return Scale(int(value)) if value is not None else None


async def _ask_image(host: Host, workload: Workload, title: str) -> SetImage | None:
    containers = workload.spec.template.containers
    container = containers[0]
    if len(containers) > 1:
        choices = [(each.name, f"{each.name}  {each.image}") for each in containers]
        name = await host.push_screen_wait(PickScreen(title, choices, container.name))
        if name is None:
            return None
        container = next(each for each in containers if each.name == name)
    note = f"The container {container.name} runs {container.image} now. A tag alone keeps the repository."
    repository, rest = images.split(container.image)
    # What is typed first takes the place of the tag; a digest goes with its sign.
    kept = len(repository) + (1 if rest.startswith(":") else 0)
    value = await host.push_screen_wait(AskScreen(title, note, container.image, _wrong_image, kept=kept))
    return SetImage(((container.name, value),)) if value is not None else None


def _wrong_number(value: str) -> str:
    """What is wrong with it as a number of pods; nothing where it is one."""
    # Not more digits than that: Python refuses to read very many.
    if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_REPLICAS:
        return ""
    return "Not a number of pods: enter a whole number, 0 or more."


def _wrong_image(value: str) -> str:
    if not value:
        return "An image is needed, such as registry.example/shop/cart:5.1."
    return "" if _IMAGE.fullmatch(value) else "An image's name has letters, digits and . _ - / : @ and no spaces."
