"""The keys that the last line of the overview names. They depend on the selection, and on where keys go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ktui.tui.draw.chrome import Hint
from ktui.tui.overview.listing import Listing

_BATCH: Final = (
    Hint("space", "pause, resume", "screen.steer('toggle_pause')"),
    Hint("p", "promote", "screen.steer('promote')"),
    Hint("b", "roll back", "screen.steer('rollback')"),
    Hint("a", "abort", "screen.steer('abort')"),
    Hint("s", "scale", "screen.steer('scale')"),
    Hint("R", "restart", "screen.steer('restart')"),
)
"""What can be done to several rollouts at once. To which of them it is open, the question says."""


def hints(listing: Listing, actions: Sequence[Hint], *, is_split: bool, is_read: bool) -> list[Hint]:
    """The keys, the most useful first. `actions` are those on the rollout under the cursor.

    `is_split` tells whether that rollout is shown beside the list, `is_read` whether keys go to it.
    """
    keys = [Hint("enter", "open", "screen.open", bool(listing.rows))]
    if is_read:
        keys = [Hint("esc", "back to the list", "screen.clear")]
    elif is_split:
        keys.append(Hint("tab", "read beside it", "app.focus_next"))
    if listing.marked:
        keys += [Hint("v", "select", "screen.mark"), Hint("*", "all", "screen.mark_all"), *_BATCH]
    else:
        keys += actions
    if listing.cursor is not None:
        keys += [
            Hint("h", "history", "screen.history"),
            Hint("l", "logs", "screen.logs"),
            Hint("e", "timeline", "screen.timeline"),
        ]
    return [
        *keys,
        Hint("f", "report", "screen.figures"),
        Hint("/", "filter", "screen.filter"),
        Hint("z", "everything" if listing.only else "only trouble", "screen.only_trouble"),
        Hint("n", "namespace", "app.pick_namespace"),
        Hint("x", "context", "app.pick_context"),
        Hint("o", "sort", "screen.sort"),
        Hint("?", "help", "app.help"),
        Hint("q", "quit", "app.quit"),
    ]
