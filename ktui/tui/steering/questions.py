"""What a person is asked for before there is a plan: the new number of pods, the image, the size of a canary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ktui.kinds import planning
from ktui.kinds.registry import kind_of
from ktui.model.workloads import Workload
from ktui.plans.change_cause import wrong_cause
from ktui.plans.guardrails import name_of
from ktui.plans.offers import Choice
from ktui.plans.plan import Plan
from ktui.plans.request import PLAIN, Action, Request, Scale
from ktui.plans.wording import target_of
from ktui.text import clean, count
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.dialogs.pick import PickScreen
from ktui.tui.host import Host
from ktui.tui.steering.canary_dialogs import ask_canary, ask_images

MAX_REPLICAS: Final = 2147483647


async def ask_request(host: Host, action: Action, workload: Workload) -> Request | None:
    """What is wanted of a workload; None if the person left a dialog."""
    choices = planning.choices(action, planning.known(host.live.store, workload))
    if len(choices) > 1:
        return await _ask_choice(host, f"{action.capitalize()} {target_of(workload)}", choices)
    if action in PLAIN:
        return PLAIN[action]()
    if action is Action.SCALE:
        now = _replicas(host, workload)
        note = f"Currently {count(now, 'replica')}. New number:" if now is not None else "New number:"
        return await ask_scale(host, f"Scale {target_of(workload)}", note, str(now) if now is not None else "")
    if action is Action.CANARY:
        return await ask_canary(host, workload)
    return await ask_images(host, workload)


def _replicas(host: Host, workload: Workload) -> int | None:
    """How many pods it is to have, by its own spec or that of the workload that it rolls out; None if not known."""
    own, rollout = kind_of(workload).replicas(workload), host.live.rollouts.get(workload.metadata.uid)
    return rollout.progress.desired if own is None and rollout is not None else own


async def _ask_choice(host: Host, title: str, choices: Sequence[Choice]) -> Request | None:
    """One of several things that the action may mean, the nearest under the cursor."""
    offered = [(str(place), each.label) for place, each in enumerate(choices)]
    taken = await host.push_screen_wait(PickScreen(title, offered, "0"))
    return choices[int(taken)].request if taken is not None else None


async def ask_scale(host: Host, title: str, note: str, at_first: str = "") -> Scale | None:
    """A number of pods."""
    value = await host.push_screen_wait(AskScreen(title, note, at_first, _wrong_number))
    return Scale(int(value)) if value is not None else None


async def ask_cause(host: Host, made: Plan) -> str | None:
    """The change-cause that a rule requires; None if the person left the dialog."""
    note = "A rule of config.toml requires a reason. The history shows it (kubernetes.io/change-cause)."
    return await host.push_screen_wait(AskScreen(f"{made.title}: why?", note, "", wrong_cause))


async def ask_name(host: Host, made: Plan, why: str) -> bool:
    """Whether the person typed the name that a rule asks for."""
    name = name_of(made)

    def wrong(value: str) -> str:
        return "" if value == name else f"This is not {clean(name)}: nothing is sent."

    return await host.push_screen_wait(AskScreen(made.title, f"{why}.", "", wrong, enter="apply")) is not None


def _wrong_number(value: str) -> str:
    """What is wrong with it as a number of pods; nothing where it is one."""
    # Not more digits than that: Python refuses to read very many.
    if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_REPLICAS:
        return ""
    return "Not a number of pods: enter a whole number, 0 or more."
