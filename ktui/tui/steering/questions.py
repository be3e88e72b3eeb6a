"""What a person is asked for before there is a plan: the new number of pods, the image, the size of a canary."""

from __future__ import annotations

from typing import Final

from ktui.model.workloads import DaemonSet, Workload
from ktui.plans.request import PLAIN, Action, Request, Scale
from ktui.plans.wording import target_of
from ktui.text import count
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.host import Host
from ktui.tui.steering.canary_dialogs import ask_canary, ask_images

MAX_REPLICAS: Final = 2147483647


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
    if action is Action.CANARY and not isinstance(workload, DaemonSet):
        return await ask_canary(host, workload)
    return await ask_images(host, workload)


async def ask_scale(host: Host, title: str, note: str, at_first: str = "") -> Scale | None:
    """A number of pods."""
    value = await host.push_screen_wait(AskScreen(title, note, at_first, _wrong_number))
    return Scale(int(value)) if value is not None else None


def _wrong_number(value: str) -> str:
    """What is wrong with it as a number of pods; nothing where it is one."""
    # Not more digits than that: Python refuses to read very many.
    if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_REPLICAS:
        return ""
    return "Not a number of pods: enter a whole number, 0 or more."
