"""How the revisions of a workload did, as far as anything tells, and which of them was the last good one. Pure.

A revision keeps no record of how its rollout ended. What tells is gathered here: the pods that serve now, what ktui
remembers of the rollouts that it saw (`ktui.figures`), and the numbers. A revision that comes back takes the next
number (`SetNewReplicaSetAnnotations` of the Deployment controller), so the one that had the number before was
abandoned for an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ktui.text import age


class Standing(StrEnum):
    """What is known of a revision."""

    SERVES = "serves"
    """Pods of it are available now."""
    COMPLETE = "complete"
    """It was rolled out in full."""
    UNKNOWN = "not known"
    ABANDONED = "rolled back"
    """An earlier revision replaced it; why, nothing tells."""
    FAILED = "failed"


BAD: Final = frozenset({Standing.ABANDONED, Standing.FAILED})
"""Nobody goes back to these without being asked twice."""

KNOWN_OUTCOMES: Final = frozenset({Standing.COMPLETE, *BAD})
"""What was, and is worth telling of a revision."""


class Account(msgspec.Struct, frozen=True):
    """How a revision did, since when that is so, and what stood in its way; the text is fit for a screen."""

    standing: Standing = Standing.UNKNOWN
    at: datetime | None = None
    why: str = ""
    took: float | None = None
    """Seconds that its rollout took, if it was complete and that was seen."""

    @property
    def is_bad(self) -> bool:
        """Whether it is known to have failed, or was abandoned."""
        return self.standing in BAD

    def sentence(self, number: int, now: datetime) -> str:
        """`Revision 5 failed 25m ago: 3 of 3 new pods crash: exit 1`."""
        ago = f" {age(self.at, now)} ago" if self.at is not None else ""
        match self.standing:
            case Standing.FAILED:
                return f"Revision {number} failed{ago}" + (f": {self.why.rstrip('.')}" if self.why else "")
            case Standing.ABANDONED:
                return f"Revision {number} was rolled back{ago}: an earlier revision replaced it"
            case Standing.UNKNOWN:
                return f"It is not known whether revision {number} was ever complete"
            case Standing.SERVES:
                return f"Revision {number} serves now"
            case Standing.COMPLETE:
                return f"Revision {number} was complete{ago}"


Accounts = Mapping[int, Account]
"""What is remembered of the revisions of one workload, by their numbers at that time."""

NOTHING: Final = Account()


class Candidate(msgspec.Struct, frozen=True):
    """A revision as the cluster has it. Without a number nothing can go back to it."""

    number: int
    former: tuple[int, ...] = ()
    """The numbers that it had before."""
    available: int = 0
    is_current: bool = False
    came_back: bool = False
    """Whether it had another number before, which is not known."""


_MARKS: Final = {Standing.FAILED: "failed", Standing.ABANDONED: "undone"}
BAD_OUTCOMES: Final = frozenset(_MARKS.values())


def outcome_mark(account: Account) -> str:
    """A bad outcome in one word for a table: `failed`, `undone`; nothing for any other."""
    return _MARKS.get(account.standing, "")


def standings(candidates: Sequence[Candidate], remembered: Accounts) -> dict[int, Account]:
    """What is known of each revision, by its number."""
    given_up = _given_up(candidates)
    current = max((each.available for each in candidates if each.is_current), default=0)
    most = max((each.available for each in candidates if not each.is_current), default=0)
    found: dict[int, Account] = {}
    for each in candidates:
        known = _remembered(each, remembered)
        if known.standing is Standing.UNKNOWN and not each.is_current and each.number in given_up:
            known = Account(Standing.ABANDONED)
        if each.available and not each.is_current:
            # One that failed serves only where nothing does it better: its pods may be up between two crashes.
            is_best = each.available == most and each.available > current
            if is_best or not known.is_bad:
                known = Account(Standing.SERVES, took=known.took)
        found.setdefault(each.number, known)
    return found


def last_good(candidates: Sequence[Candidate], remembered: Accounts) -> Candidate | None:
    """The revision to go back to: the one that serves, else the newest that nothing speaks against, else the newest.

    None where there is no other revision with a number.
    """
    known = standings(candidates, remembered)
    others = [each for each in candidates if not each.is_current and each.number > 0]
    serving = [each for each in others if known[each.number].standing is Standing.SERVES]
    if serving:
        return max(serving, key=lambda each: (each.available, each.number))
    unsuspected = [each for each in others if not known[each.number].is_bad]
    return max(unsuspected or others, key=lambda each: each.number, default=None)


def _remembered(candidate: Candidate, remembered: Accounts) -> Account:
    """The newest account of it, under whichever of its numbers."""
    numbers = sorted((candidate.number, *candidate.former), reverse=True)
    found = next((number for number in numbers if number in remembered), None)
    if found is None:
        return NOTHING
    account = remembered[found]
    # How its rollout of then went says nothing of the one that runs since it came back.
    is_of_then = candidate.is_current and found != candidate.number
    return msgspec.structs.replace(account, took=None) if is_of_then else account


def _given_up(candidates: Iterable[Candidate]) -> set[int]:
    """The numbers that were current when an earlier revision came back: the one before each number but its first."""
    returns: set[int] = set()
    for each in candidates:
        numbers = sorted((*each.former, each.number))
        returns.update(numbers if each.came_back else numbers[1:])
    return {number - 1 for number in returns}
