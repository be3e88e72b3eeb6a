"""Who else owns a workload: where two controllers roll out the same one, both of their rows say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ktui.model.reference import in_full, reference_to
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason
from ktui.text import clean


def of_rivals(store: Store, workload: Workload, holder_of: Callable[[Workload], str]) -> tuple[Cause, ...]:
    """A cause for each other workload that rolls out, or has made, what this one claims.

    `holder_of` says what holds a workload now, and takes back what others change.
    """
    return tuple(dict.fromkeys(_cause(target, rival, holder_of(target)) for target, rival in _rivals(store, workload)))


def _rivals(store: Store, workload: Workload) -> Iterator[tuple[Workload, Workload]]:
    own = workload.metadata.uid
    for place in getattr(workload, "claims", ()):
        target = store.at(place)
        if target is None:
            continue
        above = store.folded_into(target)
        others = {each.metadata.uid: each for each in (*store.claimants(target), *([above] if above else []))}
        yield from ((target, each) for uid, each in others.items() if uid != own)


def _cause(target: Workload, rival: Workload, holder: str) -> Cause:
    name, wins = target.metadata.name, "the one that writes last wins"
    if holder:
        wins = f"{holder} holds it now, and takes back what the other changes"
    return Cause(
        Kind.SPEC,
        clean(f"{in_full(reference_to(rival))} rolls out {name} too: both change it, and {wins}"),
        blocking=False,
        try_next=clean(f"let one of the two go of {name}"),
        reason=Reason.NEVER_CONVERGES,
    )
