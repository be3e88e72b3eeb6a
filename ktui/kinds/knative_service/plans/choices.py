"""What promote may mean on a Service as it is."""

from __future__ import annotations

from typing import Final

from ktui.kinds.knative_service.plans.known import KnownService, named, situation
from ktui.kinds.knative_service.plans.moving import refuse_follow, refuse_promote
from ktui.plans.offers import Choice
from ktui.plans.request import Action, Promote, Resume

_SHARES: Final = (10, 25, 50)


def choices(action: Action, known: KnownService) -> tuple[Choice, ...]:
    """The requests that the action may stand for, the smallest first."""
    newest = situation(known).newest
    if action is not Action.PROMOTE or newest is None or refuse_promote(known) is not None:
        return ()
    others = [part for part in situation(known).serving if not part.is_newest]
    found = [
        Choice(f"{share} % of the traffic to {named(newest)}", Promote(f"{share}%"))
        for share in _SHARES
        if others and share > newest.share
    ]
    found.append(Choice(f"all of the traffic to {named(newest)}, pinned to it", Promote("100%")))
    if newest.is_ready and refuse_follow(known) is None:
        found.append(Choice("all of the traffic, and that of each new revision from then on", Resume()))
    return tuple(found)
