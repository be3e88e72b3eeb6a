"""The policies that a rollout meets: autoscalers, disruption budgets and quotas, as they were read last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.kube.policies import read_policies
from ktui.model.policies import Policies
from ktui.model.reference import reference_to
from ktui.tui.host import Host

if TYPE_CHECKING:
    from ktui.kube.connection import Connection
    from ktui.live.usage_feed import Shown


class KnownPolicies:
    """They are read once for each generation of one rollout, which may become another one."""

    def __init__(self) -> None:
        self.known: Policies | None = None
        """None as long as nothing has been read."""
        self._asked_for: tuple[str, int, Connection | None] | None = None

    def begin(self) -> None:
        """Another rollout: nothing of it is known yet."""
        self.known = None

    def now(self, use: Shown | None) -> Policies | None:
        """The quotas are those that were read last together with what the pods use, if there are any."""
        if self.known is None or use is None or not use.quotas:
            return self.known
        return msgspec.structs.replace(self.known, quotas=use.quotas)

    def is_new(self, uid: str, generation: int, connection: Connection | None) -> bool:
        """Whether they are to be read: the rollout is shown for the first time, or its spec has changed since."""
        wanted = (uid, generation, connection)
        if wanted == self._asked_for:
            return False
        self._asked_for = wanted
        return True


async def read_policies_of(host: Host, uid: str) -> Policies | None:
    """Those of that rollout; None if they cannot be read."""
    connection, workload = host.connection, host.live.store.workload(uid)
    if connection is None or workload is None:
        return None
    try:
        return await read_policies(Api(connection), workload.metadata.namespace, reference_to(workload))
    except KubeError:
        # Optional context: a failed read is ignored here, since a broken link is reported elsewhere.
        return None
