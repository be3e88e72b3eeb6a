"""The keys and the signs, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from ktui.rollout.podstatus import Health
from ktui.rollout.rollout import Phase
from ktui.tui import look
from ktui.tui.chrome import Hint
from ktui.tui.door import Words
from ktui.tui.paint import Pages, Span, fit
from ktui.tui.screens.dialog import Dialog
from ktui.tui.screens.keys import DialogKeys

if TYPE_CHECKING:
    from ktui.actions.access import Offer

_KEYS = (
    ("↑ ↓ j k  g G", "move; pgup and pgdn by a page"),
    ("enter", "open the rollout: revisions, pods, causes, events"),
    ("h", "history: revisions, what changed in each, a way back to any of them"),
    ("space y", "in the history: mark one to compare others with; fields or YAML"),
    ("B", "blue-green, of a Deployment that takes turns: p switches its Service, b switches back, F forces"),
    ("l", "logs of the new pods; then v old or both, p one pod, c one container"),
    ("e", "time line: what happened, in order, the newest at the end; from there t times, w warnings only"),
    ("u", "use: CPU and memory of new and old pods against requests and limits, what quotas leave"),
    ("f", "figures: how rollouts went, of all or of one; then d w m: a day, a week, a month"),
    ("/ f t w S", "in the logs: search, only what matches, times, wrap, save; space pauses"),
    ("tab", "in a rollout: from the pods to the events and back"),
    ("t", "in a rollout: every pod by name, or those that are not ready"),
    ("A", "auto-abort on or off: go back by itself if a new pod fails or the deadline passes, while ktui runs"),
    ("v", "select rollouts: the next action goes to all of them, with one question; esc clears"),
    ("/", "filter by words in namespace, name, phase, image or cause; esc clears"),
    ("o", "sort: worst first, by name, latest change first, least done first"),
    ("n  x", "another namespace, another context"),
    ("r", "try the connection again now"),
    ("ctrl+p", "palette: every command by name, rollouts, themes"),
    ("esc  q", "back, quit"),
)

_PHASES = {
    Phase.FAILED: "the progress deadline has passed: kubectl calls it an error",
    Phase.STALLED: "something is in the way that waiting does not cure",
    Phase.PROGRESSING: "on its way",
    Phase.HELD: "a canary is held at a number of pods",
    Phase.PAUSED: "nothing rolls out until it is resumed",
    Phase.DELETED: "being deleted",
    Phase.SCALED_TO_ZERO: "no pods are asked for",
    Phase.COMPLETE: "all pods are of the new revision, and available",
}

_PODS = {
    Health.READY: "ready (in another colour: of an old revision)",
    Health.STARTING: "starting: nothing is wrong yet",
    Health.BROKEN: "broken: crashes, no image, no node",
    Health.STOPPING: "stopping",
    Health.GONE: "gone a moment ago, or ended",
}


class HelpScreen(Dialog[None]):
    """What can be pressed, what it would do to the rollout in question, and what the signs mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "close"),
    ]

    def __init__(self, title: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title, self._offers = title, offers

    def compose(self) -> ComposeResult:
        """One scrolling page."""
        with Vertical(classes="dialog -large"):
            yield Words("Keys and signs", classes="dialog-title")
            yield Pages(id="help")
            yield DialogKeys(Hint("↑ ↓", "scroll", ""), Hint("esc", "close", "screen.dismiss"))

    def on_mount(self) -> None:
        """Keys scroll the page."""
        self.query_one(Pages).focus()

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(lambda: self.query_one(Pages).show(self._lines()))

    def _lines(self) -> list[list[Span]]:
        lines = [[Span(fit(key, 15), "key"), Span(text)] for key, text in _KEYS]
        if self._offers:
            lines += [[], [Span(f"ON {self._title}", "head")]]
            lines += [_offer(offer) for offer in self._offers]
        lines += [[], [Span("PHASES", "head")]]
        lines += [
            [Span(fit(f"{look.PHASES[phase][0]} {look.PHASES[phase][1]}", 15), look.PHASES[phase][2]), Span(text)]
            for phase, text in _PHASES.items()
        ]
        lines += [[], [Span("PODS", "head")]]
        lines += [
            [Span(fit(look.PODS[health][0], 15), look.PODS[health][1]), Span(text)] for health, text in _PODS.items()
        ]
        lines += [[], [Span("THE BAR", "head")]]
        lines += [
            [Span(fit(look.NEW_READY * 4, 15), "new"), Span("new pods that are available")],
            [Span(fit(look.NEW_STARTING * 4, 15), "starting"), Span("new pods that are not, yet")],
            [Span(fit(look.OLD * 4, 15), "old"), Span("old pods; the bar is as long as desired plus surge")],
        ]
        return lines


def _offer(offer: Offer) -> list[Span]:
    if offer.open:
        return [Span(fit(offer.key, 15), "key"), Span(offer.label)]
    return [Span(fit(offer.key, 15), "off"), Span(f"{offer.label}: ", "off"), Span(offer.why_not, "dim")]
