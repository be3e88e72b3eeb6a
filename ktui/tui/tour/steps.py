"""The steps of the tour: what each teaches, which key leads on from any screen, and when it was really done.

Each text fits one line at 80 cells (`tests/tui/test_tour.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ktui.rollout.rollout import Phase, Rollout

NAMESPACE: Final = "shop"
BROKEN: Final = f"{NAMESPACE}/checkout"
HELD: Final = f"{NAMESPACE}/payments"
"""The rollouts of the scenario `tour` that the steps are about."""


class Scene(NamedTuple):
    """What is on the screen, and what is known of the rollouts."""

    page: str = ""
    """What the full screen in front is called (`LiveScreen.PAGE`)."""
    over: str = ""
    """What is over it: `question`, `page`, `other`, or nothing."""
    part: str = ""
    """The id of the part of the full screen that keys go to."""
    chosen: str = ""
    """The rollout that keys steer, as namespace/name."""
    listed: frozenset[str] = frozenset()
    """The rollouts that are in sight."""
    namespace: str = ""
    """The namespace that is shown; empty for all of them."""
    is_filtered: bool = False
    """Whether the list is limited to what was typed."""
    rollouts: Mapping[str, Rollout] = {}
    """All rollouts, by namespace/name."""


class Step(NamedTuple):
    """One thing to learn. `press` says what to press now, `is_done` whether it happened since the tour began."""

    title: str
    lesson: str
    press: Callable[[Scene], str]
    is_done: Callable[[Scene, Scene], bool]
    """Takes the scene at the beginning of the tour, and the present one."""


def _filter(scene: Scene) -> str:
    if leave := _leave(scene, BROKEN, is_typing_meant=True):
        return leave
    if scene.page != "overview":
        return "Press esc: the filter is on the list."
    if scene.part == "filter":
        return "Type checkout, then press enter."
    return "Press / to filter."


def _is_filtered(_: Scene, scene: Scene) -> bool:
    # While the list comes in, it may have this one alone for a moment.
    return scene.page == "overview" and scene.part != "filter" and scene.is_filtered and scene.listed == {BROKEN}


def _open(scene: Scene) -> str:
    if leave := _leave(scene, BROKEN):
        return leave
    if scene.page == "rollout" and scene.chosen != BROKEN:
        return "Press esc: this is another rollout."
    if scene.page != "overview":
        return "Press esc to go back."
    return _to(scene, BROKEN, "Press enter to open it.")


def _is_open(_: Scene, scene: Scene) -> bool:
    return scene.page == "rollout" and scene.chosen == BROKEN


def _why(scene: Scene) -> str:
    if not _is_open(scene, scene):
        return _open(scene)
    if leave := _leave(scene, BROKEN):
        return leave
    if scene.part == "why":
        return "Press enter: the cause in full, with what to try."
    return "Press tab: keys then go to WHY."


def _is_read(_: Scene, scene: Scene) -> bool:
    return _is_open(_, scene) and scene.part == "why" and scene.over == "page"


def _pause(scene: Scene) -> str:
    return _act(scene, BROKEN, "Press space.")


def _is_paused(begun: Scene, scene: Scene) -> bool:
    rollout = scene.rollouts.get(BROKEN)
    return (rollout is not None and rollout.paused) or _is_back(begun, scene)


def _promote(scene: Scene) -> str:
    return _act(scene, HELD, "Press p: promote.")


def _is_promoted(begun: Scene, scene: Scene) -> bool:
    was, rollout = begun.rollouts.get(HELD), scene.rollouts.get(HELD)
    if was is None or rollout is None:
        return False
    step = (was.hold.pods if was.hold else 0, rollout.hold.pods if rollout.hold else 0)
    return rollout.phase is not Phase.HELD or step[0] != step[1]


def _roll_back(scene: Scene) -> str:
    return _act(scene, BROKEN, "Press b: roll back to the last good revision.")


def _is_back(begun: Scene, scene: Scene) -> bool:
    was, rollout = begun.rollouts.get(BROKEN), scene.rollouts.get(BROKEN)
    return was is not None and rollout is not None and rollout.template != was.template and rollout.observed


def _logs(scene: Scene) -> str:
    press = "Press l: logs."
    return _to(scene, BROKEN, press) if scene.page == "overview" else _leave(scene, BROKEN) or press


def _has_logs(_: Scene, scene: Scene) -> bool:
    return scene.page == "logs"


def _report(scene: Scene) -> str:
    return _leave(scene, BROKEN) or "Press f: report."


def _has_report(_: Scene, scene: Scene) -> bool:
    return scene.page == "report"


def _act(scene: Scene, name: str, then: str) -> str:
    """What leads to that rollout, what to press there, and how to answer the question after it."""
    if scene.over == "question" and scene.chosen == name:
        return "Read what will happen, then press y."
    return _to(scene, name, then)


def _to(scene: Scene, name: str, then: str) -> str:
    """What leads to that rollout from where one is, and `then` what to press there."""
    if leave := _leave(scene, name):
        return leave
    if scene.chosen == name:
        return then
    if scene.page != "overview":
        return "Press esc: back to the list."
    if name not in scene.listed:
        return "Press esc again: the list then has every rollout."
    return f"Move to {name} with the arrow keys."


def _leave(scene: Scene, name: str, *, is_typing_meant: bool = False) -> str:
    """What leads out of where the keys of a step mean something else; empty if they do what the step says."""
    if scene.over == "page":
        return "Press esc to close this page."
    if scene.over == "question":
        about = "this step needs no action" if scene.chosen == name else "this is about another rollout"
        return f"Press n: {about}."
    if scene.over:
        return "Press esc to close this."
    if scene.namespace not in ("", NAMESPACE):
        return "Press n, and choose all namespaces."
    return "Press esc: you are typing." if scene.part == "filter" and not is_typing_meant else ""


STEPS: Final = (
    Step("Filter", "The list has the worst rollout first. A filter finds any.", _filter, _is_filtered),
    Step("Open", f"{BROKEN} is stalled. See its pods and events.", _open, _is_open),
    Step("Why", "WHY names the cause in one sentence.", _why, _is_read),
    Step("Pause", "Pause it: no further pod is replaced. ktui asks first.", _pause, _is_paused),
    Step("Promote", f"{HELD} is a canary: 2 of 8 pods are new.", _promote, _is_promoted),
    Step("Roll back", f"{BROKEN} crashes. Its old revision works.", _roll_back, _is_back),
    Step("Logs", "Read what containers wrote, also before they crashed.", _logs, _has_logs),
    Step("Report", "How rollouts went: success rate, durations, recovery.", _report, _has_report),
)

END: Final = ("That was the tour.", "? lists all keys. `ktui` opens your own cluster.")


class Tour:
    """How far the tour is."""

    def __init__(self) -> None:
        self.at = 0
        """How many steps are done."""
        self._begun: Scene | None = None

    def see(self, scene: Scene) -> None:
        """Go on if the present step is done. One look, one step: each is shown."""
        if not {BROKEN, HELD} <= scene.rollouts.keys():
            return
        self._begun = self._begun or scene
        if self.at < len(STEPS) and STEPS[self.at].is_done(self._begun, scene):
            self.at += 1

    @property
    def is_over(self) -> bool:
        """Whether every step is done."""
        return self.at == len(STEPS)

    @property
    def title(self) -> str:
        """Which step it is at; empty at the end."""
        return "" if self.is_over else f"{self.at + 1} of {len(STEPS)}: {STEPS[self.at].title}"

    @property
    def lesson(self) -> str:
        """What the present step teaches."""
        return END[0] if self.is_over else STEPS[self.at].lesson

    def press(self, scene: Scene) -> str:
        """What to press now."""
        return END[1] if self.is_over else STEPS[self.at].press(scene)
