"""What may be done with which rollout: by its state, and by what the server allows this user."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.actions.rights import Reviews
from ktui.kinds import planning
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.resources import resource_of
from ktui.model.workloads import Workload
from ktui.plans.guardrails import Place
from ktui.plans.offers import Offer
from ktui.plans.request import Action
from ktui.tui.host import Host


class Offers:
    """Tells which actions are open; what the user may do is found out on the way."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._reviews: Reviews | None = None
        """Of the present connection."""

    def of(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not."""
        host = self._host
        workload = host.live.store.workload(uid)
        if workload is None:
            return ()
        place = (workload.metadata.namespace, resource_of(workload))
        reviews = self._reviews_now()
        if reviews is not None and host.connection is not None and reviews.take(*place):
            host.run_worker(self._ask_rights(reviews, workload), group="rights")
        known = planning.known(host.live.store, workload, host.recorder.accounts(uid))
        rights = reviews.known(*place) if reviews is not None else None
        context = host.connection.context if host.connection is not None else ""
        here = Place(context, place[0], place[1], workload.metadata.name)
        return planning.offers(
            known,
            read_only=host.options.read_only,
            rights=rights,
            refuse=lambda action: host.options.rules.refuse(action, here, now=host.now()),
        )

    def leave(self) -> None:
        """Another cluster or scope: rights are others there."""
        self._reviews = None

    def _reviews_now(self) -> Reviews | None:
        connection = self._host.connection
        if connection is not None and (self._reviews is None or self._reviews.api.connection is not connection):
            self._reviews = Reviews(Api(connection), lambda: self._host.now().timestamp())
        return self._reviews

    async def _ask_rights(self, reviews: Reviews, workload: Workload) -> None:
        meta = workload.metadata
        try:
            await reviews.ask(meta.namespace, meta.name, resource_of(workload))
        except KubeError:
            # Not known is not refused: the server has the last word when something is sent. Asked again later.
            return
        if self._reviews is reviews:
            self._host.draw_soon()


def steered(name: str, offers: Sequence[Offer]) -> Action:
    """The action that a key stands for here: some keys do one of two, whichever is offered."""
    offered = {offer.action for offer in offers}
    if name == "toggle_pause":
        return Action.RESUME if Action.RESUME in offered else Action.PAUSE
    if name == Action.CANARY and Action.REPAIR in offered:
        return Action.REPAIR
    return next((each.instead for each in offers if each.action == name and each.instead), Action(name))
