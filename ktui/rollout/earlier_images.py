"""The images that a container had in earlier revisions, to choose from. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ktui.rollout.history import History, PastRevision
from ktui.text import clean


class EarlierImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that ran before, with the newest revision that had it. The text is fit for a screen."""

    image: str
    revision: int
    since: datetime | None
    """When that revision was made, or came back."""
    is_last_good: bool
    """Whether a rollback would lead to a revision with it."""
    mark: str
    """How that revision ended, if badly: `failed`, `undone`; else nothing."""


def earlier_images(history: History, container: str, current: str) -> tuple[EarlierImage, ...]:
    """The images of that container other than the current one, each once, the newest first.

    An image may have failed in one revision and served in another: what the newest revision with it tells counts, but
    for the last good revision, which tells more.
    """
    # What a history tells is clean already.
    container, current = clean(container), clean(current)
    found: dict[str, list[PastRevision]] = {}
    for revision in history.revisions:
        for each in revision.images:
            if each.container == container and not each.is_init and each.image != current:
                found.setdefault(each.image, []).append(revision)
    return tuple(_earlier(image, having, history.back) for image, having in found.items())


def _earlier(image: str, having: list[PastRevision], back: int) -> EarlierImage:
    good = next((each for each in having if back and each.number == back), None)
    best = good or having[0]
    is_bad = best.account.is_bad
    return EarlierImage(
        image=image,
        revision=best.number,
        since=best.age_from,
        # With nothing better to go back to, ktui would take one that failed: that is not a good one.
        is_last_good=good is not None and not is_bad,
        mark=best.outcome if is_bad else "",
    )
