"""What a Service, its revisions, its Route and their events tell of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ktui.kinds.knative_service import status as said
from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.situation import ACTIVE, Part, Situation
from ktui.kinds.knative_service.summary import situation_of
from ktui.kinds.knative_service.traffic import serves
from ktui.kinds.replica_sets.timeline import of_replicaset
from ktui.model.events import Event
from ktui.model.objects import CHANGE_CAUSE, condition_of
from ktui.model.store import Store
from ktui.rollout.happenings import Stamp, What, making, of_event
from ktui.rollout.revisions import in_public

_QUIET: Final = frozenset({"Created", "Updated", "FinalizerUpdate", "RevisionReady", "ConfigurationReady"})
"""Events that say what the objects say themselves."""


def happened(store: Store, service: KnativeService) -> Iterator[Stamp]:
    """What the objects and their events tell, in no order."""
    where = situation_of(store, service)
    yield from _of_conditions(where)
    about = [service.metadata.uid, *([where.route.metadata.uid] if where.route is not None else [])]
    about += [part.revision.metadata.uid for part in where.parts]
    about += [uid for uids in store.gone_parts([service.metadata.uid]).values() for uid in uids]
    for uid in about:
        for event in store.events(uid):
            yield from _of_event(event)
    replicasets = [each for part in where.parts for each in part.replicasets]
    gone = store.gone_parts([each.metadata.uid for each in replicasets])
    for part in where.parts:
        yield from _of_part(store, part)
        for replicaset in part.replicasets:
            for stamp in of_replicaset(store, replicaset, part.number, gone[replicaset.metadata.uid]):
                # The Revision itself was made first; of its ReplicaSet nobody needs to hear the same.
                if not (
                    stamp.what is What.MADE and not stamp.pod and stamp.at == replicaset.metadata.creation_timestamp
                ):
                    yield stamp


def _of_part(store: Store, part: Part) -> Iterator[Stamp]:
    meta, condition = part.revision.metadata, part.ready
    if meta.creation_timestamp is not None:
        template = part.revision.template
        yield Stamp(
            meta.creation_timestamp,
            What.MADE,
            making(part.called, template, in_public(meta.annotations.get(CHANGE_CAUSE, ""))),
        )
    if condition is not None and condition.last_transition_time is not None and condition.status != "Unknown":
        is_bad = condition.status == "False"
        words = ": ".join(filter(None, (condition.reason, condition.message)))
        said_of_it = f"{part.called} failed: {words}" if is_bad else f"{part.called} became ready"
        what = What.TROUBLE if is_bad else What.READY
        yield Stamp(condition.last_transition_time, what, said_of_it, is_warning=is_bad)
    active = condition_of(part.revision.status.conditions, ACTIVE)
    if active is not None and active.status == "False" and active.last_transition_time is not None and part.is_ready:
        yield Stamp(active.last_transition_time, What.SCALED, f"{part.called} was scaled to zero: {active.reason}")
    for event in store.events(part.deployment.metadata.uid) if part.deployment is not None else ():
        if event.reason == "ScalingReplicaSet":
            yield from of_event(event, What.SCALED, said=f"{part.called}: {event.message}")


def _of_conditions(where: Situation) -> Iterator[Stamp]:
    routes = where.condition(said.ROUTES_READY)
    if routes is None or routes.last_transition_time is None:
        return
    if routes.status == "True":
        yield Stamp(routes.last_transition_time, What.TURNED, f"the traffic is where it should be: {serves(where)}")
    elif routes.status == "False":
        words = ": ".join(filter(None, (routes.reason, routes.message)))
        yield Stamp(routes.last_transition_time, What.TROUBLE, f"the traffic does not move: {words}", is_warning=True)


def _of_event(event: Event) -> Iterator[Stamp]:
    if event.reason in _QUIET:
        return
    what = What.TROUBLE if event.type == "Warning" else What.TURNED
    yield from of_event(event, what, said=f"{event.reason}: {event.message}")
