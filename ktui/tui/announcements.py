"""Says when a rollout that a person started, or has open, comes to an end or into trouble.

A toast names it, the terminal's bell rings, and the terminal's title counts what is wrong at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from textual.notifications import SeverityLevel

from ktui.rollout.rollout import Phase, Rollout
from ktui.text import duration
from ktui.tui.draw import glyphs
from ktui.tui.host import Host


class Announcement(NamedTuple):
    """What became of a rollout, in a sentence."""

    sentence: str
    severity: SeverityLevel


_UNDER_WAY: Final = (Phase.PROGRESSING, Phase.STALLED, Phase.HELD, Phase.PAUSED)
_SEVERITIES: Final[dict[Phase, SeverityLevel]] = {Phase.FAILED: "error", Phase.STALLED: "warning"}
_COUNTED: Final = (Phase.FAILED, Phase.STALLED)
"""The phases that the terminal's title counts."""


class _Followed(NamedTuple):
    template: bytes
    phase: Phase
    generation: int


class Announcements:
    """What is followed, as it was when last looked at."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._followed: dict[str, _Followed] = {}
        self._title = ""

    def follow(self, uid: str, generation: int = 0) -> None:
        """Say what becomes of this rollout. With a `generation`, what was before that is of no interest."""
        rollout = self._host.live.rollouts.get(uid)
        if rollout is None:
            return
        known = self._followed.get(uid)
        if known is None or generation > known.generation:
            phase = Phase.PROGRESSING if generation > rollout.generation else rollout.phase
            self._followed[uid] = _Followed(rollout.template, phase, generation)

    def leave(self) -> None:
        """Another cluster or scope: nothing of what was followed is seen any more."""
        self._followed.clear()

    goes_by_the_clock = False

    def update(self) -> None:
        """Say what has changed since the last look."""
        host = self._host
        for uid, followed in list(self._followed.items()):
            rollout = host.live.rollouts.get(uid)
            if rollout is None:
                del self._followed[uid]
                continue
            if rollout.generation < followed.generation or not rollout.observed:
                continue
            said = announcement(followed.phase, rollout)
            self._followed[uid] = _Followed(rollout.template, rollout.phase, followed.generation)
            if said is not None:
                host.notify(said.sentence, severity=said.severity, timeout=10)
                host.bell()
        self._say_title(terminal_title(host.live.rollouts.values()))

    def _say_title(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self._host.set_terminal_title(title)


def announcement(before: Phase, rollout: Rollout) -> Announcement | None:
    """What to say when a rollout that was in that phase is as it is now; None for nothing."""
    phase = rollout.phase
    if phase is before or before not in _UNDER_WAY:
        return None
    if phase not in (Phase.COMPLETE, Phase.FAILED, Phase.STALLED, Phase.HELD, Phase.SCALED_TO_ZERO):
        return None
    glyph, word, _ = glyphs.PHASES[phase]
    details = _took(rollout) if phase is Phase.COMPLETE else f": {rollout.why}" if rollout.why else ""
    sentence = f"{glyph} {rollout.namespace}/{rollout.label}: {word}{details}"
    return Announcement(sentence, _SEVERITIES.get(phase, "information"))


def _took(rollout: Rollout) -> str:
    started, finished = rollout.started, rollout.finished
    if started is None or finished is None or finished <= started:
        return ""
    return f" after {duration((finished - started).total_seconds())}"


def terminal_title(rollouts: Iterable[Rollout]) -> str:
    """How many rollouts are failed and stalled, for a tab that is not in front: `✖1 ▲2 · ktui`."""
    numbers = Counter(rollout.phase for rollout in rollouts)
    counted = [f"{glyphs.PHASES[phase][0]}{numbers[phase]}" for phase in _COUNTED if numbers[phase]]
    return f"{' '.join(counted)} · ktui" if counted else "ktui"
