"""What one pod takes of a cluster, as the scheduler and quotas count it.

Kubernetes' rule (k8s.io/component-helpers/resource): containers and sidecars add up; an init container runs beside
the sidecars that stand before it and nothing else, so that it counts only where it asks for more than all that runs
later. What is said of the pod as a whole goes before the sum, and the overhead of its runtime comes on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from ktui.model.quantities import quantity
from ktui.model.template import Amounts, Container, Resources

REQUESTS: Final = "requests"
LIMITS: Final = "limits"
MEASURED: Final = ("cpu", "memory")
"""The resources that are looked at."""

_ALWAYS: Final = "Always"


class PodShape(Protocol):
    """What a pod and a pod template have in common."""

    @property
    def containers(self) -> tuple[Container, ...]:
        """What runs in it."""

    @property
    def init_containers(self) -> tuple[Container, ...]:
        """What runs before, and the sidecars."""

    @property
    def resources(self) -> Resources:
        """What is said of the pod as a whole."""

    @property
    def overhead(self) -> Amounts:
        """What its runtime takes."""


class Footprint(msgspec.Struct, frozen=True):
    """Requests and limits of one pod under the names that quotas have for them: `requests.cpu`, `limits.memory`.

    What no container says is not in `amounts`; `lacking` names the containers that do not say it.
    """

    amounts: Mapping[str, Decimal]
    lacking: Mapping[str, tuple[str, ...]] = {}

    @property
    def is_best_effort(self) -> bool:
        """Whether nothing at all is asked for: the QoS class BestEffort."""
        return not self.amounts


def footprint(pod: PodShape, defaults: Resources | None = None) -> Footprint:
    """What that pod takes, or a pod of that template; `defaults` are those of the namespace's LimitRanges."""
    fallback = defaults or Resources()
    amounts: dict[str, Decimal] = {}
    lacking: dict[str, tuple[str, ...]] = {}
    for part in (REQUESTS, LIMITS):
        for name in MEASURED:
            whole = _number(pod.resources.requests if part == REQUESTS else pod.resources.limits, name)
            total = whole if whole is not None else _total(pod, part, name, fallback)
            if total is None:
                # The API server puts it there, only where no container says anything (`SetDefaults_Pod`, pod level).
                total = whole = _number(pod.resources.limits, name)
            extra = _number(pod.overhead, name)
            if total is not None:
                amounts[f"{part}.{name}"] = total + (extra or 0)
            silent = tuple(
                each.name
                for each in (*pod.init_containers, *pod.containers)
                if _asked(each, part, name, fallback) is None
            )
            if silent and whole is None:
                lacking[f"{part}.{name}"] = silent
    return Footprint(amounts, lacking)


def is_sidecar(container: Container) -> bool:
    """Whether an init container goes on beside the others."""
    return container.restart_policy == _ALWAYS


def running_together(pod: PodShape) -> Sequence[Container]:
    """The containers that run while a pod serves: the main ones and the sidecars."""
    return [*pod.containers, *(each for each in pod.init_containers if is_sidecar(each))]


def limit_of(limited: Container | PodShape, name: str, in_force: Resources | None = None) -> Decimal | None:
    """The most of a resource that a container, or a pod as a whole, may use; None where nothing limits it.

    `in_force` is what a container's status says: while a resize in place waits, that is another limit than the spec's.
    """
    actual = _number(in_force.limits, name) if in_force is not None else None
    return actual if actual is not None else _number(limited.resources.limits, name)


def _total(pod: PodShape, part: str, name: str, defaults: Resources) -> Decimal | None:
    """The most that runs at a time; None where no container says anything."""
    beside = most = Decimal(0)
    asked = [(each, _asked(each, part, name, defaults)) for each in pod.init_containers]
    for each, amount in asked:
        if is_sidecar(each):
            beside += amount or 0
            most = max(most, beside)
        else:
            most = max(most, beside + (amount or 0))
    main = [_asked(each, part, name, defaults) for each in pod.containers]
    if all(amount is None for amount in (*main, *(amount for _, amount in asked))):
        return None
    return max(most, beside + _sum(main))


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _asked(container: Container, part: str, name: str, defaults: Resources) -> Decimal | None:
    own = _own(container.resources, part, name)
    if own is not None:
        return own
    return _number(defaults.requests if part == REQUESTS else defaults.limits, name)


def _own(resources: Resources, part: str, name: str) -> Decimal | None:
    """What is written; a request that is not, is the limit."""
    limit = _number(resources.limits, name)
    if part == LIMITS:
        return limit
    request = _number(resources.requests, name)
    return request if request is not None else limit


def _number(amounts: Amounts, name: str) -> Decimal | None:
    return _known(amounts.of(name))


_known: Final = lru_cache(maxsize=1024)(quantity)
"""All pods of a revision ask for the same."""
