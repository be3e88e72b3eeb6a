"""What a canary asks a person for, after the image: how large, in which steps, and at the cost of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ktui.model.objects import Deployment
from ktui.model.workloads import StatefulSet
from ktui.plans.request import Canary
from ktui.rollout import steps
from ktui.text import count
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.dialogs.pick import PickScreen
from ktui.tui.host import Host

_SURGE: Final = "surge"
_NO_SURGE: Final = "no-surge"


async def ask_canary(
    host: Host, workload: Deployment | StatefulSet, images: tuple[tuple[str, str], ...], title: str
) -> Canary | None:
    """The request, or None where the person thought better of it. A StatefulSet has no surge to be asked about."""
    desired, can_surge = workload.spec.desired, isinstance(workload, Deployment)
    note = (
        f"Currently {count(desired, 'replica')}. How many new pods to hold? A number, a share such as 25%, "
        "or one step after another: 1,25%,50%"
    )
    size = await host.push_screen_wait(AskScreen(title, note, "1", _wrong_size(desired, surge=can_surge)))
    if size is None:
        return None
    sizes = steps.read_steps(size)
    where = _SURGE
    if can_surge and not steps.wrong(sizes, desired, surge=False):
        pods = count(steps.in_pods(sizes[0], desired), "pod")
        choices = [
            (_SURGE, f"surge: {pods} more, all old ones stay"),
            (_NO_SURGE, f"no surge: {pods} in the place of old ones"),
        ]
        chosen = await host.push_screen_wait(PickScreen(title, choices, _SURGE))
        if chosen is None:
            return None
        where = chosen
    return Canary(steps=sizes, images=images, surge=where == _SURGE)


def _wrong_size(desired: int, *, surge: bool) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            wrong = steps.wrong(steps.read_steps(value), desired, surge=surge)
        except ValueError as error:
            wrong = str(error)
        return f"{wrong[:1].upper()}{wrong[1:]}." if wrong else ""

    return check
