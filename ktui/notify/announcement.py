"""Which changes of rollouts are announced. Pure: no clock, no I/O.

Each thing is announced once for each rollout: another template is another rollout, and so is whatever a person starts
here. What was already so when it was first seen is not news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ktui import signs
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import clean, count, duration


class What(StrEnum):
    """What can be announced of a rollout. The values are those of `when` in config.toml."""

    COMPLETE = "complete"
    FAILED = "failed"
    STALLED = "stalled"
    HELD = "held"
    ABORTED = "aborted"
    """It was aborted, or an earlier template came back before it was complete."""


SIGNS: Final = {
    What.COMPLETE: signs.TICK,
    What.FAILED: signs.CROSS,
    What.STALLED: signs.TRIANGLE,
    What.HELD: signs.DIAMOND,
    What.ABORTED: signs.BACK,
}

_OF_PHASES: Final = {
    Phase.COMPLETE: What.COMPLETE,
    Phase.SCALED_TO_ZERO: What.COMPLETE,
    Phase.FAILED: What.FAILED,
    Phase.STALLED: What.STALLED,
    Phase.HELD: What.HELD,
}
_UNKNOWN: Final = (Phase.READING, Phase.DELETED)


class Announcement(NamedTuple):
    """What became of a rollout."""

    what: What
    rollout: Rollout

    @property
    def sentence(self) -> str:
        """`✖ shop/cart: failed: …`."""
        return f"{SIGNS[self.what]} {self.plain}"

    @property
    def plain(self) -> str:
        """The same without the sign."""
        rollout, why = self.rollout, self.why
        details = f" after {duration(self.took)}" if self.took is not None else f": {why}" if why else ""
        return clean(f"{rollout.namespace}/{rollout.label}: {self.what}{details}")

    @property
    def why(self) -> str:
        """Why, or what is left to do; nothing if it is complete."""
        if self.what is What.COMPLETE:
            return ""
        if self.what is What.ABORTED and not self.rollout.aborted:
            return f"the template of an earlier revision is back ({self.rollout.image})"
        return self.rollout.why

    @property
    def took(self) -> float | None:
        """Seconds that a complete rollout took; None if that is not known, or it is not complete."""
        started, finished = self.rollout.started, self.rollout.finished
        if self.what is not What.COMPLETE or started is None or finished is None or finished <= started:
            return None
        return (finished - started).total_seconds()


_Said = tuple[What, object]
"""What was announced, and at which step: a canary that is held at the next one is news."""


class Announced(NamedTuple):
    """What has been announced of one rollout."""

    template: bytes
    said: frozenset[_Said] = frozenset()
    is_interrupted: bool = False
    """Whether the rollout before it was not complete when this template came."""
    generation: int = 0
    """What was before this generation is of no interest: a person has started something since."""


def decide(before: Announced | None, rollout: Rollout) -> tuple[Announced | None, What | None]:
    """What has been announced of the rollout now, and what to announce; None for nothing."""
    if not rollout.observed or rollout.phase in _UNKNOWN:
        return before, None
    what = _what(rollout)
    if before is None:
        so = (what, What.COMPLETE if rollout.settled else None)
        return Announced(rollout.template, frozenset(_said(each, rollout) for each in so if each is not None)), None
    if rollout.generation < before.generation:
        return before, None
    if before.template != rollout.template:
        is_interrupted = not {said for said, _ in before.said} & {What.COMPLETE, What.ABORTED}
        # Without a pod, nothing is rolled out.
        is_empty = rollout.phase is Phase.SCALED_TO_ZERO
        said = frozenset({_said(What.COMPLETE, rollout)} if is_empty else ())
        before = Announced(rollout.template, said, is_interrupted, before.generation)
    if before.is_interrupted and rollout.came_back:
        return before._replace(is_interrupted=False), What.ABORTED
    if what is None or _said(what, rollout) in before.said:
        return before, None
    is_interrupted = before.is_interrupted and what is not What.COMPLETE
    return before._replace(said=before.said | {_said(what, rollout)}, is_interrupted=is_interrupted), what


def _what(rollout: Rollout) -> What | None:
    what = _OF_PHASES.get(rollout.phase)
    return What.ABORTED if what is What.FAILED and rollout.aborted else what


def _said(what: What, rollout: Rollout) -> _Said:
    if what is not What.HELD:
        return what, None
    step = rollout.controller.step if rollout.controller is not None else None
    hold = rollout.partition or rollout.hold
    place = hold.step if hold is not None else ""
    return what, (step, place, rollout.progress.new.wanted if step is None and not place else None)


class Changes:
    """What has been announced of each rollout of one scope, and from that, what there is to announce now."""

    def __init__(self) -> None:
        self._announced: dict[str, Announced] = {}
        self._seen: dict[str, Rollout] = {}

    def news(self, rollouts: Mapping[str, Rollout]) -> list[Announcement]:
        """What is to be announced since the last look. `rollouts` are all that exist, by uid."""
        found: list[Announcement] = []
        for uid, rollout in rollouts.items():
            if self._seen.get(uid) is not rollout:
                found += self.see(rollout)
        if len(self._seen) > len(rollouts):
            for uid in self._seen.keys() - rollouts.keys():
                self.gone(uid)
        return found

    def see(self, rollout: Rollout) -> Iterator[Announcement]:
        """What is to be announced of one rollout as it is now."""
        self._seen[rollout.uid] = rollout
        announced, what = decide(self._announced.get(rollout.uid), rollout)
        while what is not None:
            yield Announcement(what, rollout)
            # That it was aborted is one thing, and that what came back is complete by now another.
            announced, what = decide(announced, rollout)
        if announced is not None:
            self._announced[rollout.uid] = announced

    def gone(self, uid: str) -> None:
        """That workload no longer exists."""
        self._announced.pop(uid, None)
        self._seen.pop(uid, None)

    def started(self, rollout: Rollout, generation: int) -> None:
        """A person has started something that has this generation: whatever comes of it is news."""
        self._announced[rollout.uid] = Announced(rollout.template, generation=generation)
        self._seen.pop(rollout.uid, None)

    def forget(self) -> None:
        """Another cluster or scope."""
        self._announced.clear()
        self._seen.clear()


_SEVEREST: Final = (What.FAILED, What.STALLED, What.ABORTED, What.HELD, What.COMPLETE)
_MOST: Final = 3
"""Announcements at once that are said one by one; more than that are said as numbers."""


def sentences(announcements: Sequence[Announcement]) -> list[tuple[str, What]]:
    """What is said of them at once, each sentence with the worst that it is about."""
    if len(announcements) <= _MOST:
        return [(each.sentence, each.what) for each in announcements]
    return [(summary(announcements), min((each.what for each in announcements), key=_SEVEREST.index))]


def summary(announcements: Iterable[Announcement]) -> str:
    """Many announcements in one sentence: `12 rollouts: ✖2 failed, ✔10 complete`."""
    numbers = Counter(each.what for each in announcements)
    parts = [f"{SIGNS[what]}{numbers[what]} {what}" for what in _SEVEREST if numbers[what]]
    return f"{count(sum(numbers.values()), 'rollout')}: {', '.join(parts)}"


def title(rollouts: Iterable[Rollout]) -> str:
    """How many rollouts are failed and stalled, for a tab that is not in front: `✖1 ▲2 ktui`."""
    numbers = Counter(_OF_PHASES.get(rollout.phase) for rollout in rollouts)
    counted = [f"{SIGNS[what]}{numbers[what]}" for what in (What.FAILED, What.STALLED) if numbers[what]]
    return " ".join([*counted, "ktui"])
