"""How long each cause may last before the rollout counts as stalled, and before ktui acts on it by itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.rollout.cause import Cause, Reason


class Patience(NamedTuple):
    """What a cause is granted; times count from its `since`.

    `stalls_after` None: it never counts as stalled by itself. `acts_after` None: no automatic rollback or abort ever
    fires on it. `because` says why, for the documents and for the screen.
    """

    stalls_after: timedelta | None
    acts_after: timedelta | None
    because: str


_SOON: Final = timedelta(0)
_MINUTE: Final = timedelta(minutes=1)

PATIENCE_OF: Final[Mapping[Reason, Patience]] = {
    Reason.IMAGE_NOT_FOUND: Patience(_SOON, _SOON, "the registry has answered that it does not have the image"),
}
"""One line for each reason. A reason that is missing has `DEFAULT`."""

DEFAULT: Final = Patience(_MINUTE, None, "what is not known well enough is left to a person")


def patience_of(reason: Reason) -> Patience:
    """What a cause with this reason is granted."""
    return PATIENCE_OF.get(reason, DEFAULT)


def acts_at(cause: Cause) -> datetime | None:
    """When ktui may act on it by itself, if it still lasts then; None for never."""
    granted = patience_of(cause.reason).acts_after
    return cause.since + granted if granted is not None and cause.since is not None else None
